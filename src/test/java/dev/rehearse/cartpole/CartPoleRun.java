package dev.rehearse.cartpole;

import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Decoding.Choosing;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Mlp;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.NetworkOptions.ValueTrunk;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.qlearning.Algorithm;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.qlearning.Hyperparameters;
import dev.rehearse.qlearning.Hyperparameters.Draws;
import dev.rehearse.qlearning.Hyperparameters.Form;
import dev.rehearse.qlearning.Hyperparameters.Loss;
import dev.rehearse.qlearning.Hyperparameters.TargetSync;
import dev.rehearse.qlearning.Learner;
import dev.rehearse.qlearning.Schedule;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplayRandom;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.Sampling;
import dev.rehearse.replay.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * {@code dqn} on CartPole, with the project's own memory, learner, targets, heads and optimiser: choose, perform, observe,
 * update. A transition is remembered as an episode of one action: observation, action, next observation. Confined to one
 * thread.
 */
final class CartPoleRun implements AutoCloseable {
    private static final int NUMBERS = 4;
    /** Puts observations of different units in one range. */
    private static final double[] SCALES = {2.4, 3, 0.21, 3};

    private static final int BATCH = 64;

    /** Steps between two looks at the averaged weights, and episodes of one. */
    private static final int LOOK_EVERY = 5_000;

    private static final int EPISODES_A_LOOK = 10;

    private final Plan plan;
    private final Hyperparameters hyperparameters;
    private final RandomGenerator random;
    private final RandomGenerator examiner;
    private final TorchNetwork start;
    private final TorchNetwork policy;
    private final TorchNetwork target;
    private final TorchNetwork average;
    private final TorchNetwork best;
    private final Decoding decoding;
    private final ReplayMemory memory;
    private final Learner learner;
    private final Schedule epsilon;
    private final List<Integer> lengths = new ArrayList<>();
    private double bestReturn = Double.NEGATIVE_INFINITY;

    /**
     * How long and how fast to learn.
     *
     * @param steps of the environment
     * @param every environment steps between rounds of learning
     * @param updates per round
     * @param seed of everything
     */
    record Plan(int steps, int every, int updates, long seed) {
        int rounds() {
            return steps / every;
        }
    }

    CartPoleRun(Device device, Plan plan, Hyperparameters hyperparameters) {
        this.plan = plan;
        this.hyperparameters = hyperparameters;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(plan.seed());
        examiner = RandomGeneratorFactory.of("L64X128MixRandom").create(-plan.seed());
        start = TorchNetwork.create(device, new Mlp(NUMBERS, 2, 256), NetworkOptions.exact(), plan.seed());
        policy = start.withHeads(hyperparameters.heads(), plan.seed());
        target = policy.copy();
        average = policy.copy();
        best = policy.copy();
        decoding = policy.decodingBeside(start, 1, NUMBERS);
        memory = new ReplayMemory(
                new ReplaySettings(
                        1 << 16,
                        new ReplaySettings.Bounds(100_000, Long.MAX_VALUE, 64L << 20),
                        new Sampling.Uniform(),
                        0,
                        ReplaySettings.Reuse.UNLIMITED,
                        ReplaySettings.Pace.OFFLINE),
                new ReplayRandom(plan.seed()),
                () -> 0);
        int updates = plan.rounds() * plan.updates();
        Learner.Networks networks = new Learner.Networks(policy, target, start, average);
        learner = new Learner(networks, memory, hyperparameters, BATCH, updates, 1);
        epsilon = new Schedule.Linear(
                hyperparameters.get(Hyperparameter.EPSILON_START),
                hyperparameters.get(Hyperparameter.EPSILON_END),
                (int) (hyperparameters.get(Hyperparameter.EPSILON_DECAY) * plan.steps()));
    }

    /** Double, dueling deep Q-learning; what else differs from the defaults is what small control tasks want. */
    static Hyperparameters settings() {
        return new Hyperparameters(
                Form.of(Algorithm.DQN),
                Map.ofEntries(
                        Map.entry(Hyperparameter.GAMMA, 0.99),
                        Map.entry(Hyperparameter.LEARNING_RATE, 3e-4),
                        Map.entry(Hyperparameter.VALUE_LEARNING_RATE, 3e-4),
                        Map.entry(Hyperparameter.MAX_GRAD_NORM, 10.0),
                        Map.entry(Hyperparameter.TARGET_TAU, 0.02),
                        Map.entry(Hyperparameter.LEARNING_STARTS, 1_000.0),
                        Map.entry(Hyperparameter.EPSILON_START, 1.0),
                        Map.entry(Hyperparameter.EPSILON_END, 0.04),
                        Map.entry(Hyperparameter.EPSILON_DECAY, 0.16),
                        Map.entry(Hyperparameter.WEIGHT_AVERAGE, 0.998),
                        Map.entry(Hyperparameter.SUPPORT_MASK, 0.0),
                        Map.entry(Hyperparameter.KL_WEIGHT, 0.0)),
                Draws.UNIFORM,
                TargetSync.EMA,
                Loss.MSE,
                ValueTrunk.SHARED);
    }

    /** Plays and learns to the end of the plan, and keeps the averaged weights that did best at a look. */
    void run() {
        CartPole world = new CartPole(random);
        int length = 0;
        for (int step = 1; step <= plan.steps(); step++) {
            int[] before = tokens(world);
            int action = choose(before, epsilon.at(step));
            world.step(action);
            memory.add(transition(before, action, tokens(world), world.fell()));
            length++;
            if (world.fell() || world.cutOff()) {
                lengths.add(length);
                length = 0;
                world.reset();
            }
            if (step % plan.every() == 0 && step >= hyperparameters.count(Hyperparameter.LEARNING_STARTS)) {
                for (int i = 0; i < plan.updates(); i++) {
                    learner.update();
                }
            }
            if (step % LOOK_EVERY == 0 || step == plan.steps()) {
                look();
            }
        }
    }

    private void look() {
        if (plan.steps() <= LOOK_EVERY) {
            best.blend(average, 1); // the only look has nothing to compare with
            return;
        }
        double now = play(average, EPISODES_A_LOOK);
        if (now >= bestReturn) {
            bestReturn = now;
            best.blend(average, 1);
        }
    }

    /** Greedy but for a share of uniformly random actions. */
    private int choose(int[] observation, double share) {
        float[] uniform = {random.nextFloat()};
        Choosing choosing = new Choosing.Explore(share, 1, 1, 0, uniform);
        return decoding.prefill(new int[] {0}, new int[][] {observation}, choosing)
                .tokens()[0];
    }

    private static int[] tokens(CartPole world) {
        double[] observation = world.observation();
        int[] tokens = new int[NUMBERS];
        Arrays.setAll(tokens, i -> Mlp.token(observation[i] / SCALES[i]));
        return tokens;
    }

    private Episode transition(int[] before, int action, int[] after, boolean fell) {
        int length = 2 * NUMBERS + 1;
        int[] tokens = Arrays.copyOf(before, length);
        tokens[NUMBERS] = action;
        System.arraycopy(after, 0, tokens, NUMBERS + 1, NUMBERS);
        boolean[] mask = new boolean[length];
        mask[NUMBERS] = true;
        float[] rewards = new float[length];
        rewards[NUMBERS] = 1;
        float[] discounts = new float[length];
        discounts[NUMBERS] = fell ? 0 : (float) hyperparameters.get(Hyperparameter.GAMMA);
        float[] uniform = new float[length];
        uniform[NUMBERS] = (float) -Math.log(2);
        return new Episode(tokens, mask, rewards, discounts, uniform, uniform, learner.steps(), Source.ONLINE);
    }

    /** Lengths, which are returns, of the episodes played while learning. */
    List<Integer> lengths() {
        return lengths;
    }

    /** Mean return of new episodes played greedily by the best weights so far. */
    double evaluate(int episodes) {
        return play(best, episodes);
    }

    private double play(TorchNetwork network, int episodes) {
        CartPole world = new CartPole(examiner);
        double sum = 0;
        try (Decoding greedy = network.decoding(1, NUMBERS, Device.Priority.TRAINING)) {
            for (int episode = 0; episode < episodes; episode++) {
                world.reset();
                while (!world.fell() && !world.cutOff()) {
                    Choosing choosing = new Choosing.Each(new float[1], new int[1], new float[] {1}, new float[1], 1);
                    int[][] state = {tokens(world)};
                    world.step(greedy.prefill(new int[] {0}, state, choosing).tokens()[0]);
                    sum++;
                }
            }
        }
        return sum / episodes;
    }

    @Override
    public void close() {
        decoding.close();
        best.close();
        average.close();
        target.close();
        policy.close();
        start.close();
    }
}
