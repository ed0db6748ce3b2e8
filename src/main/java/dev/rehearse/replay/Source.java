package dev.rehearse.replay;

/** Where an episode came from. Immutable; the codes are part of the snapshot format. */
public enum Source {
    /** Chosen by the policy in training. */
    ONLINE(0),
    /** Shown by a teacher: worth imitating. */
    DEMONSTRATION(1),
    /** Recorded elsewhere with its rewards, good or bad. */
    LOGGED(2);

    private static final Source[] BY_CODE = {ONLINE, DEMONSTRATION, LOGGED};

    private final byte code;

    Source(int code) {
        this.code = (byte) code;
    }

    /** True for what was not chosen by the policy in training, and so counts towards the demonstration share. */
    public boolean isShown() {
        return this != ONLINE;
    }

    byte code() {
        return code;
    }

    static Source of(byte code) {
        return BY_CODE[code];
    }

    static boolean isCode(byte code) {
        return code >= 0 && code < BY_CODE.length;
    }
}
