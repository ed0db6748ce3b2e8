package dev.rehearse.jobs;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The life of a job. Immutable. */
enum JobState {
    VALIDATING_FILES,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    /** What can happen to a job. */
    enum Move {
        /** Its files can be learned from. */
        ACCEPT,
        START,
        /** Its process ends or has died: it will run again. */
        PUT_BACK,
        SUCCEED,
        FAIL,
        CANCEL
    }

    /** Where the move leads, or null when it is not possible from here. */
    @Nullable
    JobState after(Move move) {
        return switch (this) {
            case VALIDATING_FILES ->
                switch (move) {
                    case ACCEPT -> QUEUED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case START, PUT_BACK, SUCCEED -> null;
                };
            case QUEUED ->
                switch (move) {
                    case START -> RUNNING;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, PUT_BACK, SUCCEED -> null;
                };
            case RUNNING ->
                switch (move) {
                    case PUT_BACK -> QUEUED;
                    case SUCCEED -> SUCCEEDED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, START -> null;
                };
            case SUCCEEDED, FAILED, CANCELLED -> null;
        };
    }

    boolean isFinal() {
        return after(Move.CANCEL) == null;
    }

    /** As it stands in JSON, for example {@code "validating_files"}. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
