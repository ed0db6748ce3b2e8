package dev.rehearse.text;

import java.util.Objects;

/**
 * The tokenizer a fresh model gets. Immutable.
 *
 * @param vocabularySize upper bound on tokens, special ones included; a small corpus may fill less
 * @param lowercase whether letters are folded before encoding, which decoding cannot undo
 */
public record TokenizerSpec(TokenizerKind kind, int vocabularySize, boolean lowercase) {
    private static final int LARGEST = 1_000_000;
    private static final int BYTES = 256;

    public TokenizerSpec {
        Objects.requireNonNull(kind, "kind");
        int smallest = SpecialToken.values().length + (kind == TokenizerKind.BPE ? BYTES : 1);
        if (vocabularySize < smallest || vocabularySize > LARGEST) {
            throw new IllegalArgumentException("vocabulary size of a " + kind.wireName() + " tokenizer must be "
                    + smallest + " to " + LARGEST + ", not " + vocabularySize);
        }
    }
}
