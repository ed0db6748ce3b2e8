package dev.rehearse.demo;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What one model said about the held-out words. Immutable.
 *
 * @param greedy the most probable replies, one per word
 * @param sampled for each seed, one reply per word in the same order
 */
record Scores(List<Graded> greedy, List<List<Graded>> sampled) {
    Scores {
        greedy = List.copyOf(greedy);
        sampled = List.copyOf(sampled);
    }

    /** All mistakes over the length of all references, so that long words weigh more; may exceed 1. */
    double phonemeErrorRate() {
        double errors = greedy.stream().mapToInt(Graded::errors).sum();
        return errors / greedy.stream().mapToInt(Graded::length).sum();
    }

    /** The share of words whose reply is none of the dictionary's pronunciations. */
    double wordErrorRate() {
        return greedy.stream().filter(reply -> !reply.right()).count() / (double) greedy.size();
    }

    /** Per word. */
    double[] greedyRewards() {
        return greedy.stream().mapToDouble(Graded::reward).toArray();
    }

    /** Per word, the mean over the seeds. */
    double[] sampledRewards() {
        return IntStream.range(0, greedy.size())
                .mapToDouble(word -> sampled.stream()
                        .mapToDouble(replies -> replies.get(word).reward())
                        .average()
                        .orElse(Double.NaN))
                .toArray();
    }
}
