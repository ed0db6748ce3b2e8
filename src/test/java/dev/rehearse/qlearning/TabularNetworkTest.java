package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.networks.Objective;
import dev.rehearse.networks.SoftQLoss;
import dev.rehearse.networks.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The twin that other tests trust, against finite differences. */
class TabularNetworkTest {
    private static final double STEP = 1e-4;
    private static final List<Integer> STATE = List.of(0);
    private static final TokenBatch BATCH =
            new TokenBatch(new int[][] {{0, 2, 1}, {0, 1, 1}}, new int[][] {{1, 2}, {1, 2}});
    private static final float[][] TARGETS = {{0.7f, -0.2f}, {2, 0.1f}};

    private final TabularNetwork network = network();
    private final TabularNetwork prior = new TabularNetwork(3, prefix -> new double[] {0.5, 0, -0.3 * prefix.size()});

    private static TabularNetwork network() {
        TabularNetwork network = new TabularNetwork(3, prefix -> new double[] {0.1, 0.4 * prefix.size(), -0.2});
        network.setValue(STATE, 0.3);
        return network;
    }

    private Objective.SoftQ soft(SoftQLoss loss) {
        return new Objective.SoftQ(
                (first, readings) -> TARGETS,
                new float[][] {{-1, -2}, {-0.5f, -1}},
                new float[] {1, 0.5f},
                new float[] {1, 0},
                prior,
                loss);
    }

    @Test
    void thePolicyStreamIsTheGradientOfItsLossInTheLogits() {
        assertLogits(soft(new SoftQLoss(0.3, 0, 0, 0, 0)));
    }

    @Test
    void huberKlAndCloningDifferentiateTooAsTdPyStatesThem() {
        assertLogits(soft(new SoftQLoss(0.3, 0.4, 0, 0.2, 0.7)));
    }

    @Test
    void imitationIsTheGradientOfCrossEntropy() {
        assertLogits(new Objective.Imitation());
    }

    private void assertLogits(Objective objective) {
        double[] analytic = network.differentiate(BATCH, objective).gradients().get(STATE).logits;
        for (int v = 0; v < 3; v++) {
            network.logits(STATE)[v] += STEP;
            double above = network.differentiate(BATCH, objective).loss();
            network.logits(STATE)[v] -= 2 * STEP;
            double below = network.differentiate(BATCH, objective).loss();
            network.logits(STATE)[v] += STEP;
            assertThat(analytic[v]).isCloseTo((above - below) / (2 * STEP), within(1e-6));
        }
    }

    /** L depends on V through both streams, but only the share {@code w / (w + 1/α)} of that is V's own loss. */
    @Test
    void theValueStreamIsTheGradientOfItsOwnLossAlone() {
        double alpha = 0.3;
        double weight = 0.5;
        Objective objective = soft(new SoftQLoss(alpha, 0, weight, 0, 0));
        double slope = slopeInValue(objective) * weight / (weight + 1 / alpha);
        assertThat(network.differentiate(BATCH, objective).gradients().get(STATE).value)
                .isCloseTo(slope, within(1e-6));
    }

    @Test
    void valueRegressionIsTheGradientOfSquaredErrorInV() {
        Objective objective = new Objective.ValueRegression(TARGETS);
        assertThat(network.differentiate(BATCH, objective).gradients().get(STATE).value)
                .isCloseTo(slopeInValue(objective), within(1e-6));
    }

    private double slopeInValue(Objective objective) {
        double value = network.value(STATE);
        network.setValue(STATE, value + STEP);
        double above = network.differentiate(BATCH, objective).loss();
        network.setValue(STATE, value - STEP);
        double below = network.differentiate(BATCH, objective).loss();
        network.setValue(STATE, value);
        return (above - below) / (2 * STEP);
    }
}
