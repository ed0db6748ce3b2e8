package dev.rehearse.jobs;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.rehearse.web.FreshId;

/** Names a job: {@code ftjob-…}. Immutable. */
public record JobId(@JsonValue String value) {
    private static final int TAIL = 8;

    static JobId fresh() {
        return new JobId(FreshId.withPrefix("ftjob-"));
    }

    /** The end of the id, which goes into the names of the models that the job makes. */
    String tail() {
        return value.substring(Math.max(0, value.length() - TAIL));
    }

    @Override
    public String toString() {
        return value;
    }
}
