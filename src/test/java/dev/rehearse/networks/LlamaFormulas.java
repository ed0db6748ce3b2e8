package dev.rehearse.networks;

import java.util.Map;

/**
 * Llama's forward pass of one sequence, written out number by number in f64 from the papers' formulas: a second opinion
 * on {@code llama.py}.
 */
final class LlamaFormulas {
    private final Llama shape;
    private final Map<String, float[]> w;

    LlamaFormulas(Llama shape, Map<String, float[]> weights) {
        this.shape = shape;
        this.w = weights;
    }

    /** Log-probabilities (V) of the token after the sequence. */
    double[] next(int[] ids) {
        double[][] x = new double[ids.length][shape.width()];
        for (int t = 0; t < ids.length; t++) {
            for (int d = 0; d < shape.width(); d++) {
                x[t][d] = w.get("embed_tokens.weight")[ids[t] * shape.width() + d];
            }
        }
        for (int layer = 0; layer < shape.layers(); layer++) {
            block("layers." + layer + ".", x);
        }
        double[] hidden = norm("norm", x[ids.length - 1]);
        String head = shape.tied() ? "embed_tokens" : "lm_head";
        return logSoftmax(linear(head, hidden, shape.vocabularySize()));
    }

    private void block(String p, double[][] x) {
        double[][] attended = attention(p, x);
        for (int t = 0; t < x.length; t++) {
            add(x[t], linear(p + "self_attn.o_proj", attended[t], shape.width()));
            double[] a = norm(p + "post_attention_layernorm", x[t]);
            double[] gate = linear(p + "mlp.gate_proj", a, shape.inner());
            double[] up = linear(p + "mlp.up_proj", a, shape.inner());
            for (int i = 0; i < gate.length; i++) {
                up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
            }
            add(x[t], linear(p + "mlp.down_proj", up, shape.width()));
        }
    }

    private double[][] attention(String p, double[][] x) {
        int heads = shape.attention().heads();
        int shared = heads / shape.attention().keyValueHeads();
        int width = shape.attention().headWidth();
        double[][] q = new double[x.length][];
        double[][] k = new double[x.length][];
        double[][] v = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double[] a = norm(p + "input_layernorm", x[t]);
            q[t] = turned(linear(p + "self_attn.q_proj", a, heads * width), t);
            k[t] = turned(linear(p + "self_attn.k_proj", a, shape.attention().keyValueHeads() * width), t);
            v[t] = linear(p + "self_attn.v_proj", a, shape.attention().keyValueHeads() * width);
        }
        double[][] out = new double[x.length][heads * width];
        for (int t = 0; t < x.length; t++) {
            for (int h = 0; h < heads; h++) {
                int at = h / shared * width;
                double[] scores = new double[t + 1];
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < width; i++) {
                        scores[s] += q[t][h * width + i] * k[s][at + i] / Math.sqrt(width);
                    }
                }
                double[] logs = logSoftmax(scores);
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < width; i++) {
                        out[t][h * width + i] += Math.exp(logs[s]) * v[s][at + i];
                    }
                }
            }
        }
        return out;
    }

    /** Every pair (i, i + W/2) of every head, as a complex number, times e^(i·t·frequency). */
    private double[] turned(double[] vector, int t) {
        int width = shape.attention().headWidth();
        double[] result = new double[vector.length];
        for (int from = 0; from < vector.length; from += width) {
            for (int i = 0; i < width / 2; i++) {
                double angle = t * frequency(i);
                double real = vector[from + i];
                double imaginary = vector[from + i + width / 2];
                result[from + i] = real * Math.cos(angle) - imaginary * Math.sin(angle);
                result[from + i + width / 2] = real * Math.sin(angle) + imaginary * Math.cos(angle);
            }
        }
        return result;
    }

    /** Llama 3.1's three cases by wavelength, each on its own. */
    private double frequency(int i) {
        Llama.Rope rope = shape.attention().rope();
        double frequency = Math.pow(rope.theta(), -2.0 * i / shape.attention().headWidth());
        double wavelength = 2 * Math.PI / frequency;
        double longest = rope.originalContext() / rope.low();
        double shortest = rope.originalContext() / rope.high();
        if (rope.factor() == 1 || wavelength < shortest) {
            return frequency;
        }
        if (wavelength > longest) {
            return frequency / rope.factor();
        }
        double smooth = (rope.originalContext() / wavelength - rope.low()) / (rope.high() - rope.low());
        return (1 - smooth) * frequency / rope.factor() + smooth * frequency;
    }

    private double[] norm(String name, double[] x) {
        double square = 0;
        for (double number : x) {
            square += number * number / x.length;
        }
        double[] result = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            result[i] = x[i] / Math.sqrt(square + shape.epsilon()) * w.get(name + ".weight")[i];
        }
        return result;
    }

    private double[] linear(String name, double[] x, int out) {
        float[] matrix = w.get(name + ".weight");
        float[] bias = w.getOrDefault(name + ".bias", new float[out]);
        double[] result = new double[out];
        for (int o = 0; o < out; o++) {
            result[o] = bias[o];
            for (int i = 0; i < x.length; i++) {
                result[o] += matrix[o * x.length + i] * x[i];
            }
        }
        return result;
    }

    private static void add(double[] to, double[] other) {
        for (int i = 0; i < to.length; i++) {
            to[i] += other[i];
        }
    }

    private static double[] logSoftmax(double[] logits) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit);
        }
        double[] result = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            result[i] = logits[i] - Math.log(sum);
        }
        return result;
    }
}
