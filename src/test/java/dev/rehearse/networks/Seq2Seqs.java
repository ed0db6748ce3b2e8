package dev.rehearse.networks;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/** Small encoders and decoders, and what is said to them. */
final class Seq2Seqs {
    static final int VOCABULARY = 13;
    static final int CONTEXT = 24;

    private Seq2Seqs() {}

    static List<Architecture> shapes() {
        return List.of(
                new LstmSeq2Seq(VOCABULARY, CONTEXT, 8, 2, true),
                new LstmSeq2Seq(VOCABULARY, CONTEXT, 6, 1, false),
                new ConvSeq2Seq(VOCABULARY, CONTEXT, 6, 2, 2, 3),
                new ConvSeq2Seq(VOCABULARY, CONTEXT, 8, 1, 2, 5));
    }

    static TorchNetwork network(Device device, Architecture shape) {
        TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), 1);
        randomise(network);
        return network;
    }

    /** Numbers of a size that makes every part matter, biases too. */
    static void randomise(TorchNetwork network) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        network.device().run(Device.Priority.TRAINING, () -> {
            for (String name : List.copyOf(network.weights().names())) {
                float[] numbers = network.weights().numbers(name);
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) (0.35 * random.nextGaussian());
                }
                network.weights().set(name, numbers);
            }
        });
    }

    static Map<String, float[]> weights(TorchNetwork network) {
        Map<String, float[]> weights = new HashMap<>();
        network.device()
                .run(
                        Device.Priority.TRAINING,
                        () -> network.weights()
                                .names()
                                .forEach(name ->
                                        weights.put(name, network.weights().numbers(name))));
        return weights;
    }

    static Seq2SeqFormulas formulas(Architecture shape, Map<String, float[]> weights) {
        return shape instanceof LstmSeq2Seq lstm
                ? new LstmFormulas(lstm, weights)
                : new ConvFormulas((ConvSeq2Seq) shape, weights);
    }

    static int[] tokens(int length, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        return random.ints(length, 0, VOCABULARY).toArray();
    }

    static int[] joined(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    /** A prompt and its whole reply. */
    static TokenBatch one(int[] prompt, int[] reply) {
        int[] all = joined(prompt, reply);
        return new TokenBatch(
                new int[][] {all},
                new int[][] {IntStream.range(prompt.length, all.length).toArray()});
    }
}
