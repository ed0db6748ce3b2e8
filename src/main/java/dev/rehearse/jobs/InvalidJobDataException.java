package dev.rehearse.jobs;

/** A file of a job has a row that cannot be learned from. */
final class InvalidJobDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final String param;

    InvalidJobDataException(String code, String param, String message) {
        super(message);
        this.code = code;
        this.param = param;
    }

    /** Names the field of the request that names the file. */
    JobError error() {
        return new JobError(code, String.valueOf(getMessage()), param);
    }
}
