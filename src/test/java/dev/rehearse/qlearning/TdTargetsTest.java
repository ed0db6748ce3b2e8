package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class TdTargetsTest {
    private static final float TOLERANCE = 1e-5f;

    /** Three actions; the worked numbers in the tests are of these. */
    private static final float[] REWARDS = {1, 0, 2};

    private static final float[] VALUES = {10, 20, 30, 40};
    private static final float[] RATIOS = {7, 0.5f, -1};
    private static final double ALPHA = 0.2;

    @Test
    void theOneStepTargetIsRewardPlusDiscountedNextValue() {
        float[] discounts = {0.5f, 0.5f, 0};
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0)))
                .containsExactly(new float[] {1 + 0.5f * 20, 0.5f * 30, 2}, within(TOLERANCE));
    }

    @Test
    void theWholePathSumsRewardsLessTheTemperatureTimesTheLaterLogRatios() {
        float[] discounts = {1, 1, 0};
        float last = 2;
        float middle = last - 0.2f * -1;
        float first = 1 + middle - 0.2f * 0.5f;
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(1)))
                .containsExactly(new float[] {first, middle, last}, within(TOLERANCE));
    }

    @Test
    void lambdaMixesTheTwoAtEveryStep() {
        float[] discounts = {1, 1, 0};
        float last = 2;
        float middle = 0.75f * 30 + 0.25f * (last + 0.2f);
        float first = 1 + 0.75f * 20 + 0.25f * (middle - 0.1f);
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0.25)))
                .containsExactly(new float[] {first, middle, last}, within(TOLERANCE));
    }

    @Test
    void aPathIsDiscountedOncePerStep() {
        float[] discounts = {0.5f, 0.5f, 0};
        float middle = 0.5f * (2 + 0.2f);
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(1)))
                .containsExactly(new float[] {1 + 0.5f * (middle - 0.1f), middle, 2}, within(TOLERANCE));
    }

    @Test
    void twoStepsTrustTheValueTwoActionsAheadOrAtTheEnd() {
        float[] discounts = {0.5f, 0.5f, 0.5f};
        float first = 1 + 0.5f * (0 - 0.2f * 0.5f) + 0.25f * 30;
        float middle = 0.5f * (2 + 0.2f) + 0.25f * 40;
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Steps(2, 0)))
                .containsExactly(new float[] {first, middle, 2 + 0.5f * 40}, within(TOLERANCE));
    }

    @Test
    void oneStepAndManyStepsAreTheEndsOfTheLambdaReturns() {
        float[] discounts = {0.9f, 0.8f, 0.7f};
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Steps(1, 0)))
                .isEqualTo(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0)));
        for (int steps : new int[] {0, 3, 99}) {
            assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Steps(steps, 0)))
                    .containsExactly(
                            TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(1)),
                            within(TOLERANCE));
        }
    }

    @Test
    void stepsEndWithTheEpisode() {
        float[] discounts = {0.5f, 0, 0.5f};
        assertThat(TdTargets.hard(REWARDS, discounts, VALUES, new Backup.Steps(3, 0)))
                .containsExactly(new float[] {1, 0, 2 + 0.5f * 40}, within(TOLERANCE));
    }

    @Test
    void aMixIsAWeightedMeanOfTheOneStepAndTheFarTarget() {
        float[] discounts = {1, 1, 0};
        float far = 1 + (2 + 0.2f) - 0.2f * 0.5f;
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Steps(0, 0.25)))
                .containsExactly(
                        new float[] {0.25f * 21 + 0.75f * far, 0.25f * 30 + 0.75f * 2.2f, 2}, within(TOLERANCE));
    }

    @Test
    void aHardTargetCountsNoDivergence() {
        float[] discounts = {0.5f, 0.5f, 0};
        assertThat(TdTargets.hard(REWARDS, discounts, VALUES, new Backup.Lambda(0)))
                .containsExactly(new float[] {1 + 0.5f * 20, 0.5f * 30, 2}, within(TOLERANCE));
        assertThat(TdTargets.hard(REWARDS, discounts, VALUES, new Backup.Steps(0, 0)))
                .containsExactly(new float[] {1 + 0.25f * 2, 0.5f * 2, 2}, within(TOLERANCE));
    }

    @Test
    void anEpisodeThatEndedIgnoresTheValueBehindItsEnd() {
        float[] beyond = {10, 20, 30, 1e6f};
        float[] discounts = {1, 1, 0};
        assertThat(TdTargets.soft(REWARDS, discounts, beyond, RATIOS, ALPHA, new Backup.Lambda(0.7)))
                .isEqualTo(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0.7)));
    }

    @Test
    void anEpisodeThatWasCutOffBootstrapsBehindItsLastActionWhateverLambdaIs() {
        float[] discounts = {1, 1, 0.5f};
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(1))[2])
                .isEqualTo(2 + 0.5f * 40);
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0))[2])
                .isEqualTo(2 + 0.5f * 40);
    }

    @Test
    void theFirstLogRatioBelongsToQAndNotToItsTarget() {
        float[] discounts = {1, 1, 0};
        float[] other = {-100, 0.5f, -1};
        assertThat(TdTargets.soft(REWARDS, discounts, VALUES, other, ALPHA, new Backup.Lambda(0.7)))
                .isEqualTo(TdTargets.soft(REWARDS, discounts, VALUES, RATIOS, ALPHA, new Backup.Lambda(0.7)));
    }

    @Test
    void noActionsHaveNoTargets() {
        float[] none = {};
        assertThat(TdTargets.soft(none, none, new float[] {3}, none, ALPHA, new Backup.Lambda(0.7)))
                .isEmpty();
    }

    @Test
    void agreesWithTheForwardViewOnRandomEpisodes() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        for (int round = 0; round < 300; round++) {
            ForwardView twin = ForwardView.of(random, 1 + random.nextInt(8));
            float[] targets = TdTargets.soft(
                    twin.rewards, twin.discounts, twin.values, twin.ratios, twin.alpha, new Backup.Lambda(twin.lambda));
            for (int k = 0; k < targets.length; k++) {
                assertThat((double) targets[k]).isCloseTo(twin.target(k), within(1e-4));
            }
        }
    }

    /** The λ-return as a weighted mean of m-step returns: Sutton and Barto 2018, equation 12.3. */
    private record ForwardView(
            float[] rewards, float[] discounts, float[] values, float[] ratios, double alpha, double lambda) {

        static ForwardView of(RandomGenerator random, int n) {
            float[] discounts = numbers(random, n, 0, 1);
            discounts[n - 1] = random.nextBoolean() ? 0 : discounts[n - 1];
            return new ForwardView(
                    numbers(random, n, -2, 2),
                    discounts,
                    numbers(random, n + 1, -2, 2),
                    numbers(random, n, -3, 3),
                    random.nextDouble(0.01, 2),
                    random.nextInt(4) == 0 ? random.nextInt(2) : random.nextDouble());
        }

        private static float[] numbers(RandomGenerator random, int n, double from, double to) {
            float[] numbers = new float[n];
            for (int i = 0; i < n; i++) {
                numbers[i] = (float) random.nextDouble(from, to);
            }
            return numbers;
        }

        double target(int k) {
            int left = rewards.length - k;
            double mixed = Math.pow(lambda, left - 1) * steps(k, left);
            for (int m = 1; m < left; m++) {
                mixed += (1 - lambda) * Math.pow(lambda, m - 1) * steps(k, m);
            }
            return mixed;
        }

        /** The return of m steps from k on, then V. */
        private double steps(int k, int m) {
            double sum = 0;
            double discount = 1;
            for (int i = 0; i < m; i++) {
                sum += discount * (rewards[k + i] - (i == 0 ? 0 : alpha * ratios[k + i]));
                discount *= discounts[k + i];
            }
            return sum + discount * values[k + m];
        }
    }

    @Test
    void returnsAreDiscountedSumsOfWhatFollows() {
        assertThat(TdTargets.returns(new float[] {1, 2, 4}, new float[] {0.5f, 0.5f, 0}))
                .containsExactly(new float[] {1 + 1 + 1, 2 + 2, 4}, within(TOLERANCE));
    }

    @Test
    void theReturnOfACutOffEpisodeCountsNothingBehindIt() {
        assertThat(TdTargets.returns(new float[] {1, 2}, new float[] {1, 1})).containsExactly(3, 2);
    }

    @Test
    void aTrueEndInTheMiddleSeparatesReturns() {
        assertThat(TdTargets.returns(new float[] {1, 2}, new float[] {0, 0})).containsExactly(1, 2);
    }
}
