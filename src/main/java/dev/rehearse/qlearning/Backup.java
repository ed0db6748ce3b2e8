package dev.rehearse.qlearning;

/** How far along a replayed episode a target looks before it trusts a value. Immutable. */
public sealed interface Backup {

    /**
     * λ-returns: 0 is the one-step target, 1 the whole path (Sutton and Barto 2018, section 12.1).
     *
     * @param lambda 0 to 1
     */
    record Lambda(double lambda) implements Backup {}

    /**
     * {@code w·y⁽¹⁾ + (1 − w)·y⁽ⁿ⁾}: a share of the one-step target, the rest of the n-step one.
     *
     * <p>In place of mixing two losses: for squared error that is the same gradient; Huber's loss is taken of the
     * mixed error here.
     *
     * @param n steps before the value is trusted, or 0: to the end
     * @param oneStepShare w, 0 to 1
     */
    record Steps(int n, double oneStepShare) implements Backup {}
}
