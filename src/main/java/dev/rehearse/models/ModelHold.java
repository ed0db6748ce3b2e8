package dev.rehearse.models;

import java.util.Optional;

/** Something that may keep a model from being deleted. Any thread may ask. */
@FunctionalInterface
public interface ModelHold {
    /** Lets go of the model if it can; otherwise says what holds it, as the end of "… is in use: ". */
    Optional<String> release(String modelId);
}
