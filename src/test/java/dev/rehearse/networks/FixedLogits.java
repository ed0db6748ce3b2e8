package dev.rehearse.networks;

/** A network that says the same logits after every prefix. */
final class FixedLogits {
    private static final int WIDTH = 4;

    private FixedLogits() {}

    /** The last norm's scale is 0 and its bias (1, 0, …): the logits are the first column of the embedding. */
    static TorchNetwork network(Device device, float... logits) {
        Architecture architecture = Gpt2.of(logits.length, 16, WIDTH, 1, 1);
        TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 1);
        float[] embedding = new float[logits.length * WIDTH];
        for (int v = 0; v < logits.length; v++) {
            embedding[v * WIDTH] = logits[v];
        }
        device.run(Device.Priority.TRAINING, () -> {
            network.weights().set("ln_f.weight", new float[WIDTH]);
            network.weights().set("ln_f.bias", new float[] {1, 0, 0, 0});
            network.weights().set("wte.weight", embedding);
        });
        return network;
    }

    static double[] softmax(float[] logits, double temperature) {
        double[] probabilities = new double[logits.length];
        double sum = 0;
        for (int v = 0; v < logits.length; v++) {
            probabilities[v] = Math.exp(logits[v] / temperature);
            sum += probabilities[v];
        }
        for (int v = 0; v < logits.length; v++) {
            probabilities[v] /= sum;
        }
        return probabilities;
    }
}
