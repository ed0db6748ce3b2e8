package dev.rehearse.outbound;

/** A server was not asked, or gave no answer; the message says why, without its address. */
public final class NoAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Again again;

    /** Whether another try may come out otherwise. */
    public enum Again {
        MAY_HELP,
        IN_VAIN
    }

    NoAnswerException(String message, Again again) {
        super(message);
        this.again = again;
    }

    public Again again() {
        return again;
    }
}
