package dev.rehearse.generation;

import dev.rehearse.generation.Report.Part;
import dev.rehearse.networks.Decoding.Choosing;
import dev.rehearse.networks.Decoding.Guidance;
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
        float[] beta = new float[rows];
        Guidance.Report report = Guidance.Report.NOTHING;
        int alternatives = 0;
        Map<Integer, TokenCounts> counts = new TreeMap<>();
        for (int row = 0; row < rows; row++) {
            topP[row] = 1;
            ActiveReply reply = replies.get(row);
            counts.put(row, reply.counts());
            beta[row] = reply.request().steering().beta();
            Report wanted = reply.request().report();
            alternatives = Math.max(alternatives, Math.min(vocabulary, wanted.topLogProbs()));
            report = wanted.has(Part.VALUES) ? Guidance.Report.VALUES : report;
            if (reply.request().sampler() instanceof Sampler.Boltzmann boltzmann) {
                temperature[row] = (float) boltzmann.temperature();
                topK[row] = boltzmann.topK();
                topP[row] = (float) boltzmann.topP();
                uniform[row] = reply.uniform();
            }
        }
        return new Choosing.Each(
                temperature, topK, topP, uniform, alternatives, TokenCounts.edits(counts), new Guidance(beta, report));
    }
}
