package dev.rehearse.cartpole;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.networks.Device;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.qlearning.Hyperparameters;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class CartPoleTest {
    private static final int STEPS = 4_000;

    private final CartPole world =
            new CartPole(RandomGeneratorFactory.of("L64X128MixRandom").create(1));

    @Test
    void aPushFromRestMovesTheCartAndTheFootOfThePoleWithIt() {
        world.set(0, 0, 0, 0);
        world.step(CartPole.RIGHT);
        // pushed = 10/1.1; spin' = -pushed/(0.5·(4/3 − 0.1/1.1)); speed' = pushed − 0.05·spin'/1.1; times 0.02.
        assertThat(world.observation()).containsExactly(new double[] {0, 0.19512195, 0, -0.29268293}, within(1e-8));
        world.step(CartPole.RIGHT);
        assertThat(world.observation()[0]).isCloseTo(0.02 * 0.19512195, within(1e-9));
        assertThat(world.observation()[2]).isCloseTo(0.02 * -0.29268293, within(1e-9));
    }

    @Test
    void aLeaningPoleFallsFurtherUnderItsWeight() {
        world.set(0, 0, 0.1, 0);
        world.step(CartPole.RIGHT);
        double right = world.observation()[3];
        world.set(0, 0, 0.1, 0);
        world.step(CartPole.LEFT);
        double left = world.observation()[3];
        // The pushes cancel but for the square of the cosine; what is left is gravity's 9.8·sin 0.1 over 0.5·1.2433.
        assertThat((right + left) / 2).isCloseTo(0.02 * 9.8 * Math.sin(0.1) / (0.5 * 1.243325), within(1e-4));
    }

    @Test
    void itEndsBeyondTwelveDegreesOrTheTrackAndIsCutOffAfterFiveHundredSteps() {
        world.set(0, 0, 0.2094, 0);
        assertThat(world.fell()).isFalse();
        world.set(0, 0, 0.2095, 0);
        assertThat(world.fell()).isTrue();
        world.set(-2.41, 0, 0, 0);
        assertThat(world.fell()).isTrue();
        world.reset();
        for (int step = 0; step < CartPole.LONGEST; step++) {
            assertThat(world.cutOff()).isFalse();
            world.set(0, 0, 0, 0);
            world.step(CartPole.LEFT);
        }
        assertThat(world.cutOff()).isTrue();
    }

    /** The benchmark's run in little: fewer steps, so higher rates. */
    @Test
    void dqnBalancesManyTimesLongerThanAtItsStart() {
        Hyperparameters quick = CartPoleRun.settings()
                .with(Hyperparameter.LEARNING_RATE, 3e-3)
                .with(Hyperparameter.VALUE_LEARNING_RATE, 3e-3)
                .with(Hyperparameter.WEIGHT_AVERAGE, 0.99);
        try (Device device = Device.open("cpu");
                CartPoleRun run = new CartPoleRun(device, new CartPoleRun.Plan(STEPS, 4, 1, 1), quick)) {
            assertThat(run.evaluate(5)).as("before").isLessThan(60);
            run.run();
            assertThat(run.evaluate(2)).as("after").isGreaterThan(100);
        }
    }
}
