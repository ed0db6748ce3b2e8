package dev.rehearse.networks;

import java.util.Map;

/** {@code conv_seq2seq.py} as sums over what each convolution and each attention sees. */
final class ConvFormulas implements Seq2SeqFormulas {
    private final ConvSeq2Seq shape;
    private final Map<String, float[]> w;

    ConvFormulas(ConvSeq2Seq shape, Map<String, float[]> weights) {
        this.shape = shape;
        w = weights;
    }

    private double[][] embedded(String part, int[] ids) {
        int width = shape.width();
        double[][] x = new double[ids.length][width];
        for (int t = 0; t < ids.length; t++) {
            for (int d = 0; d < width; d++) {
                double sum = w.get("embedding.weight")[ids[t] * width + d]
                        + w.get(part + ".positions.weight")[t * width + d];
                x[t][d] = sum * Math.sqrt(width);
            }
        }
        return x;
    }

    /** Output d of the gated convolution whose first input stands at {@code from}; outside of x is zero. */
    private double gated(String name, double[][] x, int from, int d) {
        return convolved(name, x, from, d) / (1 + Math.exp(-convolved(name, x, from, shape.width() + d)));
    }

    private double convolved(String name, double[][] x, int from, int out) {
        float[] weight = w.get(name + ".weight");
        double sum = w.get(name + ".bias")[out];
        for (int in = 0; in < shape.width(); in++) {
            for (int k = 0; k < shape.kernel(); k++) {
                int t = from + k;
                if (t >= 0 && t < x.length) {
                    sum += weight[(out * shape.width() + in) * shape.kernel() + k] * x[t][in];
                }
            }
        }
        return sum;
    }

    private static double mean(double a, double b) {
        return (a + b) / Math.sqrt(2);
    }

    @Override
    public double[][] encode(int[] source) {
        double[][] x = embedded("encoder", source);
        for (int i = 0; i < shape.encoderLayers(); i++) {
            double[][] next = new double[x.length][shape.width()];
            for (int t = 0; t < x.length; t++) {
                for (int d = 0; d < shape.width(); d++) {
                    int from = t - shape.kernel() / 2;
                    next[t][d] = mean(x[t][d], gated("encoder.layers." + i + ".conv", x, from, d));
                }
            }
            x = next;
        }
        return x;
    }

    @Override
    public double[] state(int[] source, int[] reply) {
        double[][] keys = encode(source);
        double[][] values = embedded("encoder", source);
        for (int s = 0; s < values.length; s++) {
            for (int d = 0; d < shape.width(); d++) {
                values[s][d] = mean(values[s][d], keys[s][d]);
            }
        }
        int[] read = new int[reply.length + 1];
        read[0] = source[source.length - 1];
        System.arraycopy(reply, 0, read, 1, reply.length);
        double[][] embedded = embedded("decoder", read);
        double[][] x = embedded;
        for (int i = 0; i < shape.decoderLayers(); i++) {
            String layer = "decoder.layers." + i;
            double[][] next = new double[x.length][shape.width()];
            for (int t = 0; t < x.length; t++) {
                double[] a = new double[shape.width()];
                for (int d = 0; d < a.length; d++) {
                    a[d] = gated(layer + ".conv", x, t - shape.kernel() + 1, d);
                }
                double[] found = attended(layer + ".attention", a, embedded[t], keys, values);
                for (int d = 0; d < a.length; d++) {
                    next[t][d] = mean(x[t][d], mean(a[d], found[d]));
                }
            }
            x = next;
        }
        return x[reply.length];
    }

    private double[] attended(String name, double[] a, double[] embedded, double[][] keys, double[][] values) {
        int width = shape.width();
        double[] scores = new double[keys.length];
        for (int d = 0; d < width; d++) {
            double query = mean(projected(name + ".query", d, a), embedded[d]);
            for (int s = 0; s < keys.length; s++) {
                scores[s] += query * keys[s][d] / Math.sqrt(width);
            }
        }
        double[] shares = Seq2SeqFormulas.softmax(scores);
        double[] found = new double[width];
        for (int s = 0; s < keys.length; s++) {
            for (int d = 0; d < width; d++) {
                found[d] += shares[s] * values[s][d];
            }
        }
        double[] out = new double[width];
        for (int d = 0; d < width; d++) {
            out[d] = projected(name + ".out", d, found);
        }
        return out;
    }

    private double projected(String name, int row, double[] x) {
        return Seq2SeqFormulas.row(w.get(name + ".weight"), w.get(name + ".bias"), row, x);
    }
}
