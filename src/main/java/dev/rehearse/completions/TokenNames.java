package dev.rehearse.completions;

import dev.rehearse.generation.GeneratedToken;
import dev.rehearse.models.LoadedModel;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How tokens are named beside their log-probabilities. Any thread, while the model is leased. */
record TokenNames(LoadedModel model) {
    /** What OpenAI gives for a probability of zero: JSON has no infinity. */
    private static final float IMPOSSIBLE = -9999f;

    /** The tokens that are part of the text. */
    List<GeneratedToken> spoken(List<GeneratedToken> tokens) {
        return tokens.stream().filter(token -> !isSpecial(token.id())).toList();
    }

    boolean isSpecial(int token) {
        return model.isSpecial(token);
    }

    byte[] bytes(int token) {
        return model.spell(token);
    }

    /** The token's characters, with U+FFFD for bytes that are only part of one. */
    String text(int token) {
        return new String(bytes(token), StandardCharsets.UTF_8);
    }

    /** As {@link #text}, but distinct tokens keep distinct names: {@code bytes:\xe2\x80} for part of a character. */
    String key(int token) {
        byte[] bytes = bytes(token);
        String whole = decoded(bytes);
        if (whole != null) {
            return whole;
        }
        StringBuilder name = new StringBuilder("bytes:");
        for (byte b : bytes) {
            name.append(String.format("\\x%02x", b));
        }
        return name.toString();
    }

    static float finite(float logProb) {
        return logProb >= IMPOSSIBLE ? logProb : IMPOSSIBLE;
    }

    private static @Nullable String decoded(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
