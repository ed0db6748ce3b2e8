package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IncrementalDecoderTest {
    @TempDir
    Path directory;

    @Test
    void aCharacterAppearsWithItsLastByte() {
        try (Tokenizer tokenizer = bytes()) {
            assertThat(deltas(tokenizer, tokenizer.encode("a👍é"))).containsExactly("a", "", "", "", "👍", "", "é", "");
        }
    }

    @Test
    void everySplitOfATextGivesTheSameText() {
        String text = "x你👩‍👧é";
        try (Tokenizer tokenizer = bytes()) {
            int[] ids = tokenizer.encode(text);
            for (int cut = 0; cut <= ids.length; cut++) {
                IncrementalDecoder decoder = tokenizer.incrementalDecoder();
                StringBuilder first = new StringBuilder();
                StringBuilder second = new StringBuilder();
                for (int i = 0; i < ids.length; i++) {
                    (i < cut ? first : second).append(decoder.accept(ids[i]));
                }
                assertThat(first.toString()).doesNotContain("\uFFFD");
                assertThat(text).startsWith(first.toString());
                assertThat(first.append(second)).hasToString(text);
                assertThat(decoder.finish()).isEmpty();
            }
        }
    }

    @Test
    void bytesThatNeverBecomeACharacterAreReplacedAtTheEnd() {
        try (Tokenizer tokenizer = bytes()) {
            assertThat(deltas(tokenizer, new int[] {6 + 'a', 6 + 0xF0, 6 + 0x9F}))
                    .containsExactly("a", "", "", "\uFFFD");
        }
    }

    @Test
    void specialTokensAddNothing() {
        try (Tokenizer tokenizer = bytes()) {
            assertThat(deltas(tokenizer, new int[] {2, 6 + 'a', 5, 6 + 'b', 2}))
                    .containsExactly("", "a", "", "b", "", "");
        }
    }

    @ParameterizedTest
    @EnumSource
    void deltasOfArbitraryTokensAddUpToTheWhole(TokenizerKind kind) {
        Random random = new Random(21);
        try (Tokenizer tokenizer = Trained.tokenizer(directory, new TokenizerSpec(kind, 400, false), Trained.CORPUS)) {
            for (int i = 0; i < 1_000; i++) {
                int[] ids = random.ints(random.nextInt(15), 0, tokenizer.vocabularySize())
                        .toArray();
                List<String> deltas = deltas(tokenizer, ids);
                assertThat(String.join("", deltas)).isEqualTo(tokenizer.decode(ids));
                assertThat(deltas).allSatisfy(IncrementalDecoderTest::hasNoHalfCharacter);
            }
        }
    }

    private static void hasNoHalfCharacter(String delta) {
        assertThat(TextCleaning.wellFormed(delta)).isEqualTo(delta);
    }

    private Tokenizer bytes() {
        return Trained.tokenizer(directory, new TokenizerSpec(TokenizerKind.BPE, 262, false), List.of());
    }

    private static List<String> deltas(Tokenizer tokenizer, int[] ids) {
        IncrementalDecoder decoder = tokenizer.incrementalDecoder();
        List<String> deltas = new ArrayList<>();
        for (int id : ids) {
            deltas.add(decoder.accept(id));
        }
        deltas.add(decoder.finish());
        return deltas;
    }
}
