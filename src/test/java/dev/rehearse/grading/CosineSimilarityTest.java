package dev.rehearse.grading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** With two numbers for a text, written in it. */
class CosineSimilarityTest {
    private static double similarity(String text, String reference) {
        Services none = Services.none(() -> 0);
        Services services = new Services(CosineSimilarityTest::vector, none.models(), none.servers(), () -> 0);
        CosineSimilarity grader =
                new CosineSimilarity("c", Template.parse("{{sample.output_text}}"), Template.parse("{{item.r}}"));
        return grader.grade(List.of(Subject.of(Map.of("r", reference), new Sample(text))), services)
                .get(0)
                .score();
    }

    private static float[] vector(String text) {
        String[] numbers = text.split(" ");
        return new float[] {Float.parseFloat(numbers[0]), Float.parseFloat(numbers[1])};
    }

    @Test
    void itIsTheCosineWhateverTheLengths() {
        assertThat(similarity("3 4", "30 40")).isCloseTo(1, within(1e-12));
        assertThat(similarity("1 0", "1 1")).isCloseTo(Math.sqrt(0.5), within(1e-12));
        assertThat(similarity("1 0", "0 5")).isZero();
    }

    @Test
    void theOppositeIsNoWorseThanUnrelated() {
        assertThat(similarity("1 0", "-1 0")).isZero();
    }

    @Test
    void nothingIsLikeNothing() {
        assertThat(similarity("0 0", "0 0")).isZero();
    }
}
