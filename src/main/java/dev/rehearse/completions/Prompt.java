package dev.rehearse.completions;

/** What a text completion continues. */
sealed interface Prompt {
    /** Still to be encoded. */
    record Text(String text) implements Prompt {}

    /** Already token ids; the array belongs to this record. */
    record Tokens(int[] ids) implements Prompt {}
}
