package dev.rehearse.generation;

import dev.rehearse.networks.Decoding.Choosing;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How the next tokens of many replies are chosen, each in its own way. Stateless; the scheduler's thread. */
final class BatchChoosing {
    private BatchChoosing() {}

    /** @param replies one for each row */
    static Choosing of(List<ActiveReply> replies, int vocabulary) {
        int rows = replies.size();
        float[] temperature = new float[rows];
        int[] topK = new int[rows];
        float[] topP = new float[rows];
        float[] uniform = new float[rows];
        int alternatives = 0;
        Map<Integer, TokenCounts> counts = new TreeMap<>();
        for (int row = 0; row < rows; row++) {
            topP[row] = 1;
            ActiveReply reply = replies.get(row);
            counts.put(row, reply.counts());
            alternatives =
                    Math.max(alternatives, Math.min(vocabulary, reply.request().topLogProbs()));
            if (reply.request().sampler() instanceof Sampler.Boltzmann boltzmann) {
                temperature[row] = (float) boltzmann.temperature();
                topK[row] = boltzmann.topK();
                topP[row] = (float) boltzmann.topP();
                uniform[row] = reply.uniform();
            }
        }
        return new Choosing.Each(temperature, topK, topP, uniform, alternatives, TokenCounts.edits(counts));
    }
}
