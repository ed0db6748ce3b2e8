package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8DecoderTest {
    @Test
    void readsWhatJavaWrote() {
        Random random = new Random(5);
        for (int i = 0; i < 3_000; i++) {
            String text = TextCleaning.wellFormed(RandomTexts.anything(random, 20));
            assertThat(decoded(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
        }
    }

    @Test
    void replacesEachMaximalIllFormedPartOnce() {
        // The example of Unicode 15, table 3-11.
        assertThat(decoded(bytes(0xE1, 0x80, 0xE2, 0xF0, 0x91, 0x92, 0xF1, 0xBF, 0x41)))
                .isEqualTo("\uFFFD\uFFFD\uFFFD\uFFFDA");
    }

    @Test
    void replacesEncodedSurrogatesByteByByte() {
        assertThat(decoded(bytes(0xED, 0xA0, 0x80))).isEqualTo("\uFFFD\uFFFD\uFFFD");
    }

    @Test
    void refusesOverlongFormsAndValuesBeyondUnicode() {
        assertThat(decoded(bytes(0xC0, 0xAF))).isEqualTo("\uFFFD\uFFFD");
        assertThat(decoded(bytes(0xE0, 0x9F, 0x80))).isEqualTo("\uFFFD\uFFFD\uFFFD");
        assertThat(decoded(bytes(0xF4, 0x90, 0x80, 0x80))).isEqualTo("\uFFFD\uFFFD\uFFFD\uFFFD");
    }

    @Test
    void anUnfinishedCharacterIsOneReplacement() {
        assertThat(decoded(bytes('a', 0xF0, 0x9F, 0x91))).isEqualTo("a\uFFFD");
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static String decoded(byte[] bytes) {
        Utf8Decoder decoder = new Utf8Decoder();
        StringBuilder text = new StringBuilder();
        decoder.accept(bytes, text);
        decoder.finish(text);
        return text.toString();
    }
}
