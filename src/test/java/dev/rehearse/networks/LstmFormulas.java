package dev.rehearse.networks;

import java.util.Map;

/** {@code lstm_seq2seq.py} from Hochreiter and Schmidhuber's gates and Luong's attention. */
final class LstmFormulas implements Seq2SeqFormulas {
    private static final float[] NONE = {};

    private final LstmSeq2Seq shape;
    private final Map<String, float[]> w;

    LstmFormulas(LstmSeq2Seq shape, Map<String, float[]> weights) {
        this.shape = shape;
        w = weights;
    }

    /** One layer in one direction: h and c after its last step, and h of every step. */
    private final class Layer {
        private final String part;
        private final String ending;
        private double[] h;
        private double[] c;

        Layer(String part, String ending, double[] h, double[] c) {
            this.part = part;
            this.ending = ending;
            this.h = h;
            this.c = c;
        }

        double[] step(double[] x) {
            int inner = h.length;
            double[] nextH = new double[inner];
            double[] nextC = new double[inner];
            for (int d = 0; d < inner; d++) {
                double in = sigmoid(gate(d, x));
                double forget = sigmoid(gate(inner + d, x));
                double cell = Math.tanh(gate(2 * inner + d, x));
                double out = sigmoid(gate(3 * inner + d, x));
                nextC[d] = forget * c[d] + in * cell;
                nextH[d] = out * Math.tanh(nextC[d]);
            }
            h = nextH;
            c = nextC;
            return h;
        }

        private double gate(int row, double[] x) {
            return Seq2SeqFormulas.row(of("weight_ih"), of("bias_ih"), row, x)
                    + Seq2SeqFormulas.row(of("weight_hh"), of("bias_hh"), row, h);
        }

        private float[] of(String kind) {
            return w.get(part + "." + kind + ending);
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private double[] embedded(int id) {
        double[] x = new double[shape.width()];
        for (int d = 0; d < x.length; d++) {
            x[d] = w.get("embedding.weight")[id * x.length + d] * Math.sqrt(x.length);
        }
        return x;
    }

    /** States of the last layer; the last h and c of each go to {@code begins}. */
    private double[][] encode(int[] source, double[][][] begins) {
        int half = shape.width() / 2;
        double[][] x = new double[source.length][];
        for (int t = 0; t < source.length; t++) {
            x[t] = embedded(source[t]);
        }
        for (int i = 0; i < shape.layers(); i++) {
            Layer forward = new Layer("encoder", "_l" + i, new double[half], new double[half]);
            Layer backward = new Layer("encoder", "_l" + i + "_reverse", new double[half], new double[half]);
            double[][] states = new double[source.length][2 * half];
            for (int t = 0; t < source.length; t++) {
                System.arraycopy(forward.step(x[t]), 0, states[t], 0, half);
                int back = source.length - 1 - t;
                System.arraycopy(backward.step(x[back]), 0, states[back], half, half);
            }
            begins[i] = new double[][] {joined(forward.h, backward.h), joined(forward.c, backward.c)};
            x = states;
        }
        return x;
    }

    private static double[] joined(double[] a, double[] b) {
        double[] both = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Override
    public double[][] encode(int[] source) {
        return encode(source, new double[shape.layers()][][]);
    }

    @Override
    public double[] state(int[] source, int[] reply) {
        double[][][] begins = new double[shape.layers()][][];
        double[][] memory = encode(source, begins);
        Layer[] layers = new Layer[shape.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new Layer("decoder", "_l" + i, begins[i][0], begins[i][1]);
        }
        double[] state = {};
        for (int j = 0; j <= reply.length; j++) {
            state = embedded(j == 0 ? source[source.length - 1] : reply[j - 1]);
            for (Layer layer : layers) {
                state = layer.step(state);
            }
        }
        return shape.attention() ? attended(state, memory) : state;
    }

    private double[] attended(double[] state, double[][] memory) {
        int width = shape.width();
        double[] scores = new double[memory.length];
        for (int d = 0; d < width; d++) {
            double query = Seq2SeqFormulas.row(w.get("attention.query.weight"), NONE, d, state);
            for (int s = 0; s < memory.length; s++) {
                scores[s] += query * memory[s][d];
            }
        }
        double[] shares = Seq2SeqFormulas.softmax(scores);
        double[] found = new double[width];
        for (int s = 0; s < memory.length; s++) {
            for (int d = 0; d < width; d++) {
                found[d] += shares[s] * memory[s][d];
            }
        }
        double[] result = new double[width];
        for (int d = 0; d < width; d++) {
            result[d] = Math.tanh(Seq2SeqFormulas.row(w.get("attention.out.weight"), NONE, d, joined(found, state)));
        }
        return result;
    }
}
