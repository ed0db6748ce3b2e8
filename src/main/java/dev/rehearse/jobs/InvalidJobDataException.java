package dev.rehearse.jobs;

/** A file of a job has a row that cannot be learned from. */
final class InvalidJobDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String param;

    InvalidJobDataException(String param, String message) {
        super(message);
        this.param = param;
    }

    /** The field of the request that names the file. */
    String param() {
        return param;
    }
}
