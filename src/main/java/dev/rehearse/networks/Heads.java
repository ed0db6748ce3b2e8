package dev.rehearse.networks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The value functions beside a language model, each two layers on its hidden states, and how they guide its replies:
 * {@code log π + β·(Q − V)} over the tokens that π supports. Immutable.
 *
 * @param decodeBeta β, in 1 / units of Q; read where there is a Q
 * @param supportMask tokens below this share of the likeliest token's π are never chosen; 0 masks none
 */
public record Heads(Kind kind, double decodeBeta, double supportMask) {
    /** β that leaves of the supported tokens the one with the largest Q; π decides between equals. */
    public static final double GREEDY = 1_000;

    /** Which functions there are; what is learned by the soft form needs no Q of its own. */
    public enum Kind {
        V("v", 0),
        Q("q", 1),
        /** Q = V + A − mean A (Wang et al. 2016, eq. 9). */
        DUELING("dueling", 1),
        V_AND_Q("v_q", 1),
        V_AND_TWIN_Q("v_twin_q", 2);

        private final String label;
        private final int vocabularyHeads;

        Kind(String label, int vocabularyHeads) {
            this.label = label;
            this.vocabularyHeads = vocabularyHeads;
        }

        static Optional<Kind> labelled(String label) {
            return Arrays.stream(values())
                    .filter(kind -> kind.label.equals(label))
                    .findFirst();
        }

        /** The name in scripts and files. */
        String label() {
            return label;
        }

        /** Whether replies can be guided by β. */
        public boolean hasQ() {
            return vocabularyHeads > 0;
        }
    }

    public Heads {
        if (!(decodeBeta >= 0 && supportMask >= 0 && supportMask <= 1)) {
            throw new IllegalArgumentException(
                    "beta " + decodeBeta + " and support " + supportMask + "; allowed: at least 0, and 0 to 1");
        }
    }

    /** V alone, for learning only: replies are the language model's. */
    public static Heads valueOnly() {
        return new Heads(Kind.V, 0, 0);
    }

    /** Every weight of the heads with its shape. */
    Map<String, long[]> shapes(Architecture architecture) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        if (kind != Kind.Q) {
            shapes.putAll(architecture.valueShapes());
        }
        for (int head = 1; head <= kind.vocabularyHeads; head++) {
            String name = "value.q" + head;
            shapes.put(name + ".fc.weight", new long[] {architecture.width(), architecture.width()});
            shapes.put(name + ".fc.bias", new long[] {architecture.width()});
            shapes.put(name + ".out.weight", new long[] {architecture.vocabularySize(), architecture.width()});
            shapes.put(name + ".out.bias", new long[] {architecture.vocabularySize()});
        }
        return shapes;
    }

    /** What a network's script is told. */
    Map<String, Object> scriptAttributes() {
        return Map.of("estimates", kind.label());
    }

    /** What {@link QNetwork#resetValue} says, of weights that have such heads. On the device's thread. */
    void reset(Weights weights, Architecture architecture, double bias) {
        shapes(architecture).forEach((name, shape) -> {
            if (name.contains(".out.")) {
                boolean shifted = name.endsWith(".bias") && (kind != Kind.DUELING || shape[0] == 1);
                float[] numbers = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
                Arrays.fill(numbers, shifted ? (float) bias : 0);
                weights.set(name, numbers);
            }
        });
    }
}
