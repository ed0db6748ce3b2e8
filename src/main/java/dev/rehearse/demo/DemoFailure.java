package dev.rehearse.demo;

/** Why the demonstration cannot go on; its message is all that a person gets to see. */
final class DemoFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    DemoFailure(String message) {
        super(message);
    }
}
