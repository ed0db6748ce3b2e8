package dev.rehearse.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Masks of dropout against independent draws: bounds are five standard errors. */
class DroppingTest {
    private static final int COUNT = 100_000;
    private static final double SHARE = 0.3;
    private static PtNDManager manager;
    private static Script script;

    @BeforeAll
    static void load() {
        manager = (PtNDManager) NDManager.newBaseManager("PyTorch");
        script = Script.load(manager, "dropping_probe", "DroppingProbe", Map.of());
    }

    @AfterAll
    static void close() {
        script.close();
        manager.close();
    }

    /** What is left of a hundred thousand ones. */
    private static float[] dropped(int key, int site) {
        try (IValue ones = IValue.from((PtNDArray) manager.ones(new Shape(COUNT)));
                IValue share = IValue.from(SHARE);
                IValue keyValue = IValue.from((PtNDArray) manager.create(key));
                IValue siteValue = IValue.from((long) site);
                IValue left = script.infer("drop", ones, share, keyValue, siteValue)) {
            return left.toTensor(manager).toFloatArray();
        }
    }

    private static double agreement(float[] one, float[] other, int shift) {
        return IntStream.range(0, COUNT - shift)
                        .filter(i -> (one[i] == 0) == (other[i + shift] == 0))
                        .count()
                / (double) (COUNT - shift);
    }

    private static double fiveErrors(double probability) {
        return 5 * Math.sqrt(probability * (1 - probability) / COUNT);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "-1, 8", "2147483647, 24", "-2147483648, 1"})
    void theShareIsDroppedAndTheRestMakesUpForIt(int key, int site) {
        float[] left = dropped(key, site);
        long zeros = IntStream.range(0, COUNT).filter(i -> left[i] == 0).count();
        assertThat(zeros / (double) COUNT).isCloseTo(SHARE, within(fiveErrors(SHARE)));
        for (float number : left) {
            assertThat(number == 0 || Math.abs(number - 1 / (1 - SHARE)) < 1e-6).isTrue();
        }
    }

    @Test
    void equalKeysDropTheSame() {
        assertThat(dropped(77, 3)).containsExactly(dropped(77, 3));
    }

    @ParameterizedTest
    @CsvSource({
        "5, 1, 5, 2, 0",
        "5, 1, 6, 1, 0",
        "5, 1, 4, 2, 0",
        "5, 1, 5, 1, 1",
        "5, 1, 5, 1, 64",
        "0, 0, 65536, 0, 0"
    })
    void otherKeysSitesAndPlacesDropIndependently(int key, int site, int otherKey, int otherSite, int shift) {
        double chance = SHARE * SHARE + (1 - SHARE) * (1 - SHARE);
        assertThat(agreement(dropped(key, site), dropped(otherKey, otherSite), shift))
                .isCloseTo(chance, within(fiveErrors(chance)));
    }
}
