package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldOutTest {
    private static TrainingData data(int examples) {
        return new TrainingData(
                IntStream.rangeClosed(1, examples)
                        .mapToObj(line -> TinyModel.example(line, "p" + line, "c"))
                        .toList(),
                List.of());
    }

    @Test
    void aTwentiethIsHeldOutAndNothingIsLostOrShared() {
        TrainingData given = data(100);
        TrainingData completed = HeldOut.complete(given, 1);
        assertThat(completed.validation()).hasSize(5);
        List<Example> all = new ArrayList<>(completed.train());
        all.addAll(completed.validation());
        assertThat(all).containsExactlyInAnyOrderElementsOf(given.train());
    }

    @Test
    void atLeastOneAndAtMostAThousandAreHeldOut() {
        assertThat(HeldOut.complete(data(2), 1).validation()).hasSize(1);
        assertThat(HeldOut.complete(data(21_000), 1).validation()).hasSize(1_000);
    }

    @Test
    void aSingleExampleServesAsBoth() {
        TrainingData completed = HeldOut.complete(data(1), 1);
        assertThat(completed.train()).hasSize(1).isEqualTo(completed.validation());
    }

    @Test
    void givenValidationStaysAsItIs() {
        TrainingData given = new TrainingData(data(9).train(), data(2).train());
        assertThat(HeldOut.complete(given, 1)).isEqualTo(given);
    }

    @Test
    void theSeedAloneDecidesWhichAreHeldOut() {
        assertThat(HeldOut.complete(data(100), 1)).isEqualTo(HeldOut.complete(data(100), 1));
        assertThat(HeldOut.complete(data(100), 1)).isNotEqualTo(HeldOut.complete(data(100), 2));
    }

    @Test
    void noExampleIsRefusedAtLineOne() {
        assertThatThrownBy(() -> HeldOut.complete(data(0), 1))
                .isInstanceOf(InvalidExampleException.class)
                .hasMessage("line 1: the file has no example");
    }
}
