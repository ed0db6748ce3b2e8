package dev.rehearse.qlearning;

import dev.rehearse.replay.Episode;
import dev.rehearse.replay.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/**
 * Words of three letters out of four with a random reward for every letter given the letters before it, a random π₀,
 * and the soft optimum by backward induction: V(s) = α·log Σ π₀·exp(Q / α), π = π₀·exp((Q − V) / α). A state is token 0
 * and the letters so far.
 */
final class TreeTask {
    static final int LETTERS = 4;
    static final int DEPTH = 3;
    static final double GAMMA = 0.97;
    static final double ALPHA = 0.3;
    static final List<Integer> ROOT = List.of(0);

    private final Map<List<Integer>, double[]> rewards = new HashMap<>();
    private final Map<List<Integer>, double[]> priorLogits = new HashMap<>();
    private final Map<List<Integer>, Double> values = new HashMap<>();
    private final Map<List<Integer>, double[]> policies = new HashMap<>();
    private final TabularNetwork prior =
            new TabularNetwork(LETTERS, prefix -> priorLogits.getOrDefault(prefix, new double[LETTERS]));

    TreeTask(long seed) {
        induce(ROOT, RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
    }

    private double induce(List<Integer> state, RandomGenerator random) {
        if (state.size() > DEPTH) {
            return 0;
        }
        double[] reward = random.doubles(LETTERS, -1, 1).toArray();
        rewards.put(state, reward);
        priorLogits.put(state, random.doubles(LETTERS, -1, 1).toArray());
        double[] logPrior = prior.logProbs(state);
        double[] soft = new double[LETTERS];
        for (int a = 0; a < LETTERS; a++) {
            double q = reward[a] + (state.size() == DEPTH ? 0 : GAMMA) * induce(after(state, a), random);
            soft[a] = logPrior[a] + q / ALPHA;
        }
        double logSum = Math.log(Arrays.stream(soft).map(Math::exp).sum());
        policies.put(state, Arrays.stream(soft).map(x -> Math.exp(x - logSum)).toArray());
        values.put(state, ALPHA * logSum);
        return ALPHA * logSum;
    }

    static List<Integer> after(List<Integer> state, int letter) {
        List<Integer> next = new ArrayList<>(state);
        next.add(letter);
        return List.copyOf(next);
    }

    TabularNetwork prior() {
        return prior;
    }

    double reward(List<Integer> state, int letter) {
        return rewards.get(state)[letter];
    }

    /** Γ-discounted rewards from position k of a word on, without any log-ratio. */
    float plainReturn(int[] tokens, int position) {
        double sum = 0;
        for (int t = DEPTH; t >= position; t--) {
            List<Integer> state = Arrays.stream(tokens, 0, t).boxed().toList();
            sum = reward(state, tokens[t]) + GAMMA * sum;
        }
        return (float) sum;
    }

    /** An episode of uniformly random letters. */
    Episode episode(RandomGenerator random) {
        return episode(random.ints(DEPTH, 0, LETTERS).toArray());
    }

    private Episode episode(int[] letters) {
        int[] tokens = new int[DEPTH + 1];
        float[] reward = new float[DEPTH + 1];
        float[] discounts = new float[DEPTH + 1];
        float[] logPrior = new float[DEPTH + 1];
        float[] behaviour = new float[DEPTH + 1];
        boolean[] mask = new boolean[DEPTH + 1];
        List<Integer> state = ROOT;
        for (int t = 1; t <= DEPTH; t++) {
            tokens[t] = letters[t - 1];
            mask[t] = true;
            reward[t] = (float) reward(state, tokens[t]);
            discounts[t] = t == DEPTH ? 0 : (float) GAMMA;
            logPrior[t] = (float) prior.logProbs(state)[tokens[t]];
            behaviour[t] = (float) -Math.log(LETTERS);
            state = after(state, tokens[t]);
        }
        return new Episode(tokens, mask, reward, discounts, logPrior, behaviour, 0, Source.LOGGED);
    }

    /** Every word once: uniformly random behaviour without its chance. */
    List<Episode> everyWord() {
        List<Episode> words = new ArrayList<>();
        int count = (int) Math.pow(LETTERS, DEPTH);
        for (int word = 0; word < count; word++) {
            int[] letters = new int[DEPTH];
            for (int t = 0, rest = word; t < DEPTH; t++, rest /= LETTERS) {
                letters[t] = rest % LETTERS;
            }
            words.add(episode(letters));
        }
        return words;
    }

    /** What a state is worth by the worth of its actions. */
    interface Worth {
        double of(double[] logPrior, double[] q);
    }

    /** The largest Q among letters of at least this share of the likeliest one's prior. */
    static Worth best(double share) {
        return (logPrior, q) -> {
            double floor = Arrays.stream(logPrior).max().orElseThrow() + Math.log(share);
            return IntStream.range(0, q.length)
                    .filter(a -> logPrior[a] >= floor)
                    .mapToDouble(a -> q[a])
                    .max()
                    .orElseThrow();
        };
    }

    /** The mean Q, of uniformly random behaviour. */
    static double mean(double[] logPrior, double[] q) {
        return Arrays.stream(q).average().orElseThrow();
    }

    /** Exact Q of every letter, by backward induction. */
    double[] exactQ(List<Integer> state, Worth worth) {
        double[] q = rewards.get(state).clone();
        if (state.size() < DEPTH) {
            for (int a = 0; a < LETTERS; a++) {
                List<Integer> next = after(state, a);
                q[a] += GAMMA * worth.of(prior.logProbs(next), exactQ(next, worth));
            }
        }
        return q;
    }

    /** Largest |Q − exact Q| of any action. */
    double qError(TabularNetwork network, Worth worth) {
        double largest = 0;
        for (List<Integer> state : rewards.keySet()) {
            double[] exact = exactQ(state, worth);
            double[] learned = network.q(state);
            for (int a = 0; a < LETTERS; a++) {
                largest = Math.max(largest, Math.abs(learned[a] - exact[a]));
            }
        }
        return largest;
    }

    /** Largest |V − V*| of any state. */
    double valueError(TabularNetwork network) {
        return values.entrySet().stream()
                .mapToDouble(entry -> Math.abs(network.value(entry.getKey()) - entry.getValue()))
                .max()
                .orElseThrow();
    }

    /** Largest |π − π*| of any action. */
    double policyError(TabularNetwork network) {
        double largest = 0;
        for (Map.Entry<List<Integer>, double[]> entry : policies.entrySet()) {
            double[] logProbs = network.logProbs(entry.getKey());
            for (int a = 0; a < LETTERS; a++) {
                largest = Math.max(largest, Math.abs(Math.exp(logProbs[a]) - entry.getValue()[a]));
            }
        }
        return largest;
    }
}
