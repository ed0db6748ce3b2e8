package dev.rehearse.training;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Sets validation examples aside when none are given. Stateless. */
final class HeldOut {
    private static final double SHARE = 0.05;
    private static final int MOST = 1_000;

    private HeldOut() {}

    /** How many of so many training examples, at least two, are held out. */
    static long of(long examples) {
        return (long) Math.max(1, Math.min(MOST, SHARE * examples));
    }

    /**
     * Holds out a twentieth of the training examples, at most 1,000, at least one; a single example serves as both. Where
     * only logged episodes are learned from, nothing is held out.
     *
     * @throws InvalidExampleException when there is no training example and no logged episode either
     */
    static TrainingData complete(TrainingData data, long seed) {
        if (data.train().isEmpty() && !data.logged().isEmpty()) {
            return data;
        }
        if (data.train().isEmpty()) {
            throw new InvalidExampleException(1, "the file has no example");
        }
        if (!data.validation().isEmpty()) {
            return data;
        }
        if (data.train().size() == 1) {
            return new TrainingData(data.train(), data.train(), data.logged());
        }
        int held = (int) of(data.train().size());
        List<Example> train = new ArrayList<>(data.train());
        List<Example> validation = new ArrayList<>(held);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(~seed);
        while (validation.size() < held) {
            validation.add(train.remove(random.nextInt(train.size())));
        }
        return new TrainingData(train, validation, data.logged());
    }
}
