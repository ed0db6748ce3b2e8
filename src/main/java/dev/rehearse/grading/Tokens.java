package dev.rehearse.grading;

/** What a model grader cost. Immutable. */
public record Tokens(String model, int prompt, int completion) {
    public int total() {
        return prompt + completion;
    }
}
