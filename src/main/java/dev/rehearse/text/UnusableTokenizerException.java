package dev.rehearse.text;

import java.nio.file.Path;

/** A model directory whose tokenizer cannot be opened; the message names the directory and the reason. */
public final class UnusableTokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableTokenizerException(Path modelDirectory, String reason, Throwable cause) {
        super("tokenizer of " + modelDirectory.getFileName() + " cannot be used: " + reason, cause);
    }
}
