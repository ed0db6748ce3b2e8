package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Fit;
import dev.rehearse.networks.LearningRates;
import dev.rehearse.networks.Objective;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.Support;
import dev.rehearse.networks.TokenBatch;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A network whose replies a test decides: the first {@code greedyRight} of the greedy replies are the right token, and so
 * for the sampled ones; each reply is one token and the end. All else is a real network's. Confined to one thread.
 */
final class ScriptedNetwork implements QNetwork {
    private final QNetwork real;
    private final int right;
    private final int wrong;
    private final int end;
    int greedyRight;
    int sampledRight;
    int greedyPlays;

    ScriptedNetwork(QNetwork real, int right, int wrong, int end) {
        this.real = real;
        this.right = right;
        this.wrong = wrong;
        this.end = end;
    }

    @Override
    public Decoding decoding(int slots, int capacity, Device.Priority priority) {
        return new Decoding() {
            @Override
            public int slots() {
                return slots;
            }

            @Override
            public int capacity() {
                return capacity;
            }

            @Override
            public Choice prefill(int[] into, int[][] prompts, Choosing choosing) {
                boolean greedy = ((Choosing.Each) choosing).temperature()[0] == 0;
                greedyPlays += greedy ? 1 : 0;
                int[] tokens = new int[prompts.length];
                Arrays.fill(tokens, wrong);
                Arrays.fill(tokens, 0, greedy ? greedyRight : sampledRight, right);
                return choice(tokens);
            }

            @Override
            public Choice extend(int slot, int start, int[] tokens, Choosing choosing) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Scores score(int slot, int start, int[] tokens, int[] next, Scoring scoring) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void copy(int from, int to, int length) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Choice decode(int[] tokens, int[] positions, Choosing choosing, Runnable meanwhile) {
                meanwhile.run();
                int[] ends = new int[tokens.length];
                Arrays.fill(ends, end);
                return choice(ends);
            }

            private Choice choice(int[] tokens) {
                return new Choice(tokens, new float[tokens.length], new int[0][], new float[0][]);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Architecture architecture() {
        return real.architecture();
    }

    @Override
    public Readings read(TokenBatch batch) {
        return real.read(batch);
    }

    @Override
    public float[][] bestValues(TokenBatch batch, QNetwork chooser, Support support) {
        return real.bestValues(batch, chooser, support);
    }

    @Override
    public float[][] embed(int[][] sequences) {
        return real.embed(sequences);
    }

    @Override
    public Fit fit(TokenBatch batch, Objective objective, LearningRates rates) {
        return real.fit(batch, objective, rates);
    }

    @Override
    public void blend(QNetwork other, double share) {
        real.blend(other, share);
    }

    @Override
    public QNetwork copy() {
        return real.copy();
    }

    @Override
    public void resetValue(double bias) {
        real.resetValue(bias);
    }

    @Override
    public void save(Path directory) {
        real.save(directory);
    }

    @Override
    public void close() {}
}
