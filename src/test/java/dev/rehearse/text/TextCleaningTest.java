package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextCleaningTest {
    private final TextCleaning cleaning = new TextCleaning(false);

    @Test
    void composesAccents() {
        assertThat(cleaning.clean("cafe\u0301")).isEqualTo("caf\u00e9");
    }

    @Test
    void composesAcrossADroppedCharacter() {
        assertThat(cleaning.clean("cafe\u0000\u0301")).isEqualTo("caf\u00e9");
    }

    @Test
    void lowersCharacterByCharacter() {
        assertThat(new TextCleaning(true).clean("ΣΑΣ İ K\u212A")).isEqualTo("σασ i\u0307 kk");
    }

    @Test
    void dropsControlCharactersAndByteOrderMarks() {
        assertThat(cleaning.clean("\uFEFFa\u0000\u0007\u001Bb\u009Fc")).isEqualTo("abc");
    }

    @Test
    void collapsesHorizontalSpaceOfEveryKind() {
        assertThat(cleaning.clean("a \t\u00A0\u3000 b")).isEqualTo("a b");
    }

    @Test
    void trimsLinesAndKeepsOneEmptyLine() {
        assertThat(cleaning.clean("  a  \r\n\r\n \n\r b\u2028c\n\n")).isEqualTo("a\n\nb\nc");
    }

    @Test
    void dropsTheTracesOfBrokenUtf8() {
        assertThat(cleaning.clean("a\uD800b\uFFFDc\uDC00\uD800")).isEqualTo("abc");
    }

    @Test
    void keepsEmojiSequencesWhole() {
        String family = "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈";
        assertThat(cleaning.clean(family)).isEqualTo(family);
    }

    @Test
    void keepsChinese() {
        assertThat(cleaning.clean("你好，世界。")).isEqualTo("你好，世界。");
    }

    @Test
    void answersEmptyTextWithEmptyText() {
        assertThat(cleaning.clean("")).isEmpty();
        assertThat(cleaning.clean(" \t\r\n\u0000\uD800")).isEmpty();
    }

    @Test
    void cleaningTwiceChangesNothingMore() {
        Random random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            TextCleaning either = new TextCleaning(random.nextBoolean());
            String once = either.clean(RandomTexts.anything(random, 30));
            assertThat(either.clean(once)).isEqualTo(once);
            assertThat(Normalizer.isNormalized(once, Normalizer.Form.NFC)).isTrue();
        }
    }
}
