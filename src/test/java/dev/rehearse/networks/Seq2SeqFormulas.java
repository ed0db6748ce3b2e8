package dev.rehearse.networks;

/** A second opinion on an encoder and a decoder, number by number in f64, of one source and one reply. */
interface Seq2SeqFormulas {
    /** The encoder's states (S, D). */
    double[][] encode(int[] source);

    /** The decoder's state (D) after it has read the source's last token and the reply. */
    double[] state(int[] source, int[] reply);

    /** Log-probabilities (V) of the token after the reply, by the embedding's rows. */
    default double[] next(int[] source, int[] reply, float[] embedding) {
        double[] state = state(source, reply);
        double[] logits = new double[embedding.length / state.length];
        double sum = 0;
        for (int v = 0; v < logits.length; v++) {
            for (int d = 0; d < state.length; d++) {
                logits[v] += embedding[v * state.length + d] * state[d];
            }
            sum += Math.exp(logits[v]);
        }
        for (int v = 0; v < logits.length; v++) {
            logits[v] -= Math.log(sum);
        }
        return logits;
    }

    /** Row {@code row} of a matrix times x, plus what the row's bias is. */
    static double row(float[] matrix, float[] bias, int row, double[] x) {
        double sum = bias.length == 0 ? 0 : bias[row];
        for (int i = 0; i < x.length; i++) {
            sum += matrix[row * x.length + i] * x[i];
        }
        return sum;
    }

    static double[] softmax(double[] scores) {
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score);
        }
        double[] shares = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            shares[i] = Math.exp(scores[i]) / sum;
        }
        return shares;
    }
}
