package dev.rehearse.networks;

/** A model directory cannot be opened: a file is missing, damaged, or says something that is not supported. */
public final class InvalidModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InvalidModelException(String message) {
        super(message);
    }

    public InvalidModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
