package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SentenceEncoderTest {
    private static double cosine(String text, String other) {
        float[] a = SentenceEncoder.embed(text);
        float[] b = SentenceEncoder.embed(other);
        return IntStream.range(0, a.length)
                .mapToDouble(i -> (double) a[i] * b[i])
                .sum();
    }

    @Test
    void whatMeansTheSameLiesCloserThanWhatSoundsTheSame() {
        double sameMeaning = cosine("A man is eating food.", "Someone is having a meal.");
        double sameWords = cosine("A man is eating food.", "A man is riding a horse.");
        double neither = cosine("A man is eating food.", "The stock market fell sharply.");
        assertThat(sameMeaning).isGreaterThan(sameWords + 0.2);
        assertThat(sameWords).isGreaterThan(neither);
        assertThat(neither).isLessThan(0.2);
    }

    @Test
    void embeddingsHaveLengthOneAndAreTheSameEachTime() {
        assertThat(cosine("sushi", "sushi")).isCloseTo(1, within(1e-5));
        assertThat(SentenceEncoder.embed("sushi")).hasSize(384).containsExactly(SentenceEncoder.embed("sushi"));
    }

    @Test
    void aTextLongerThanTheModelReadsIsEmbeddedAllTheSame() {
        String meal = "Someone is having a meal. ";
        assertThat(cosine(meal, meal.repeat(500))).isGreaterThan(0.7);
    }

    @Test
    void nothingLiesNowhere() {
        assertThat(cosine(" \n", "sushi")).isZero();
    }
}
