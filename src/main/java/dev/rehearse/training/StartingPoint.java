package dev.rehearse.training;

import java.nio.file.Path;

/** What a run starts from. */
public sealed interface StartingPoint {
    /** A Hugging Face model directory. */
    record Directory(Path path) implements StartingPoint {}

    /**
     * A fresh network of a named shape, e.g. {@code gpt2-tiny}, whose tokenizer is trained on the training examples.
     */
    record Blueprint(String name) implements StartingPoint {}
}
