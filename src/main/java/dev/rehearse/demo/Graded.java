package dev.rehearse.demo;

/**
 * A reply and its mistakes. Immutable.
 *
 * @param errors phonemes inserted, left out or replaced, against the nearest reference
 * @param length phonemes of that reference
 * @param reward what the grader of the reinforcement job gives for it, in [0, 1]
 */
record Graded(Word word, String reply, int errors, int length, double reward) {
    boolean right() {
        return errors == 0;
    }
}
