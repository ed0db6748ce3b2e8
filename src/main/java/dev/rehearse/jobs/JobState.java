package dev.rehearse.jobs;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The life of a job. Immutable. */
enum JobState {
    VALIDATING_FILES,
    QUEUED,
    RUNNING,
    /** Asked to pause: it runs until its state is saved. */
    PAUSING,
    PAUSED,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    /** What can happen to a job. */
    enum Move {
        /** Its files can be learned from. */
        ACCEPT,
        START,
        /** Its process lets go of it or has died: it will run again, or rests if it was asked to pause. */
        PUT_BACK,
        PAUSE,
        RESUME,
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
                    case PAUSE -> PAUSED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case START, PUT_BACK, RESUME, SUCCEED -> null;
                };
            case QUEUED ->
                switch (move) {
                    case START -> RUNNING;
                    case PAUSE -> PAUSED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, PUT_BACK, RESUME, SUCCEED -> null;
                };
            case RUNNING ->
                switch (move) {
                    case PUT_BACK -> QUEUED;
                    case PAUSE -> PAUSING;
                    case SUCCEED -> SUCCEEDED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, START, RESUME -> null;
                };
            case PAUSING ->
                switch (move) {
                    case PUT_BACK -> PAUSED;
                    case SUCCEED -> SUCCEEDED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, START, PAUSE, RESUME -> null;
                };
            case PAUSED ->
                switch (move) {
                    case RESUME -> QUEUED;
                    case FAIL -> FAILED;
                    case CANCEL -> CANCELLED;
                    case ACCEPT, START, PUT_BACK, PAUSE, SUCCEED -> null;
                };
            case SUCCEEDED, FAILED, CANCELLED -> null;
        };
    }

    boolean isFinal() {
        return after(Move.CANCEL) == null;
    }

    /** As it stands in JSON, for example {@code "validating_files"}; a job that is being paused still runs. */
    String wireName() {
        return this == PAUSING ? RUNNING.wireName() : name().toLowerCase(Locale.ROOT);
    }
}
