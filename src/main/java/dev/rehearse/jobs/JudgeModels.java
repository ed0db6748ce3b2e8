package dev.rehearse.jobs;

import dev.rehearse.grading.ChatModels;
import java.time.Duration;

/** The service's models as graders ask them. Thread-safe. */
@FunctionalInterface
public interface JudgeModels {
    /** @param timeout longest wait for an answer, from the question to its last token */
    ChatModels within(Duration timeout);
}
