package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import com.google.gson.JsonObject;
import dev.rehearse.networks.Device.Priority;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * A {@link QNetwork} on libtorch; sole owner of one model's native weights.
 *
 * <p>Every call becomes work for the device, a {@link #fit} one piece per round of micro-batches, so that serving waits
 * for one round at most.
 */
public final class TorchNetwork implements QNetwork {
    private static final String VALUE = "value.";

    private final Device device;
    private final Architecture architecture;
    private final NetworkOptions options;
    private final Heads heads;
    private final StoredForm form;
    private final Weights weights;
    private final Script script;
    private final BatchDivision division;
    private final GenerationWeights generationWeights;
    private @Nullable Learning learning;

    /** Takes ownership of the weights. On the device's thread. */
    private TorchNetwork(
            Device device,
            Architecture architecture,
            NetworkOptions options,
            Heads heads,
            StoredForm form,
            Weights weights) {
        this.device = device;
        this.architecture = architecture;
        this.options = options;
        this.heads = heads;
        this.form = form;
        this.weights = weights;
        division = new BatchDivision(device, architecture);
        Map<String, Object> attributes = new HashMap<>(architecture.scriptAttributes());
        attributes.put("compute", options.computeType().scalarType());
        attributes.put("dropout", options.dropout());
        attributes.put("lora_scale", options.adapterScale());
        attributes.put("share_trunk", options.trunk() == NetworkOptions.ValueTrunk.SHARED);
        attributes.putAll(heads.scriptAttributes());
        Architecture.ScriptName name = architecture.script();
        script = device.scripts().open(name.resource(), name.type(), attributes);
        boolean adapted = options.trainable() instanceof Trainable.Lora;
        boolean asStored = adapted || architecture.projections().isEmpty();
        generationWeights =
                new GenerationWeights(device, architecture, weights, asStored ? null : options.generationWeights());
    }

    /** A fresh network of random weights; equal seeds give equal weights. */
    public static TorchNetwork create(Device device, Architecture architecture, NetworkOptions options, long seed) {
        StoredForm form = StoredForm.fresh(architecture);
        return device.complete(
                Priority.TRAINING,
                () -> prepared(
                        device,
                        architecture,
                        options,
                        Heads.valueOnly(),
                        form,
                        ModelFiles.initialise(device.manager(), architecture, seed)));
    }

    /**
     * Opens a Hugging Face model directory.
     *
     * @throws InvalidModelException when a file is missing or does not fit
     */
    public static TorchNetwork open(Device device, Path directory, NetworkOptions options) {
        ModelFiles files = ModelFiles.open(directory);
        Weights weights = files.read(device);
        return device.complete(
                Priority.TRAINING,
                () -> prepared(device, files.architecture(), options, files.heads(), files.form(), weights));
    }

    private static TorchNetwork prepared(
            Device device,
            Architecture architecture,
            NetworkOptions options,
            Heads heads,
            StoredForm form,
            Weights weights) {
        try {
            prepare(weights, architecture, options.trainable());
            return new TorchNetwork(device, architecture, options, heads, form, weights);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static void prepare(Weights weights, Architecture architecture, Trainable trainable) {
        if (trainable instanceof Trainable.Lora lora) {
            new Adapters(architecture, lora).add(weights);
            weights.freeze(name -> !Adapters.isOne(name) && !name.startsWith(VALUE));
        } else if (trainable instanceof Trainable.LastLayers last) {
            weights.freeze(name -> !name.startsWith(VALUE) && !architecture.isAbove(name, last.layers()));
        }
    }

    @Override
    public Architecture architecture() {
        return architecture;
    }

    @Override
    public Readings read(TokenBatch batch) {
        Readings readings = Readings.ofSize(batch.size());
        division.each(batch, (lane, part) -> learning().read(part.batch()), (part, of) -> part.place(of, readings));
        return readings;
    }

    @Override
    public float[][] bestValues(TokenBatch batch, QNetwork chooser, Support support) {
        float[][] values = new float[batch.size()][];
        division.each(
                batch,
                (lane, part) -> learning().bestValues(part.batch(), (TorchNetwork) chooser, support),
                (part, of) -> System.arraycopy(of, 0, values, part.first(), of.length));
        return values;
    }

    @Override
    public float[][] embed(int[][] sequences) {
        return new Embedding(this).of(sequences);
    }

    @Override
    public Fit fit(TokenBatch batch, Objective objective, LearningRates rates) {
        device.run(Priority.TRAINING, () -> learning().begin());
        Readings readings = Readings.ofSize(batch.size());
        FitTotals totals = new FitTotals(Math.max(1, batch.actionCount()));
        division.each(
                batch,
                (lane, part) -> learning().accumulate(lane, part, objective, totals.actionCount()),
                (part, gradient) -> {
                    part.place(gradient.readings(), readings);
                    totals.add(gradient.sums());
                });
        double norm = device.call(Priority.TRAINING, () -> {
            double global = learning().update(rates);
            weights.changed();
            return global;
        });
        return totals.fit(norm, readings);
    }

    /** Made at the first use: a network that only serves needs none of it. Also called by lanes. */
    synchronized Learning learning() {
        Learning made = learning;
        if (made == null) {
            made = new Learning(this);
            learning = made;
        }
        return made;
    }

    /** log π (N, V), V (M) and each Q (M, V) of the rows. On the device's thread or a lane. */
    NDList read(PtNDManager scope, Rows rows) {
        return script.learn(scope, "read", arguments(weights, rows));
    }

    /**
     * The same with dropout, for gradients of these weights, which are the network's or {@link Weights#alias} of them.
     *
     * @param key what dropout is a function of
     */
    NDList learn(PtNDManager scope, Weights of, Rows rows, int key) {
        NDList arguments = arguments(of, rows);
        arguments.add(scope.create(key));
        return script.learn(scope, "learn", arguments);
    }

    private static NDList arguments(Weights weights, Rows rows) {
        NDList arguments = weights.arguments();
        arguments.addAll(rows.sequences());
        arguments.add(rows.states());
        arguments.add(rows.valueStates());
        return arguments;
    }

    @Override
    public void blend(QNetwork other, double share) {
        TorchNetwork from = (TorchNetwork) other;
        if (!weights.sharesFrozenWith(from.weights)) {
            throw new IllegalArgumentException("the networks differ in their frozen weights; allowed: copies");
        }
        device.run(Priority.TRAINING, () -> {
            learning().optimiser().blend(weights.trainable(name -> true), from.weights.trainable(name -> true), share);
            weights.changed();
        });
    }

    @Override
    public TorchNetwork copy() {
        return copy(options);
    }

    /** An independent network of equal weights that computes in another way; what learning moves stays the same. */
    public TorchNetwork copy(NetworkOptions otherOptions) {
        return device.complete(
                Priority.TRAINING,
                () -> new TorchNetwork(
                        device,
                        architecture,
                        otherOptions.with(options.trainable()),
                        heads,
                        form,
                        weights.copy(device.manager())));
    }

    /** An independent network of the same language model; heads of another kind than this one's are fresh. */
    public TorchNetwork withHeads(Heads other, long seed) {
        return device.complete(Priority.TRAINING, () -> {
            boolean kept = other.kind() == heads.kind();
            Weights copied = weights.copy(device.manager(), name -> kept || !name.startsWith(VALUE));
            if (!kept) {
                RandomGenerator random =
                        RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
                ModelFiles.addFreshHeads(copied, other.shapes(architecture), random);
            }
            return new TorchNetwork(device, architecture, options, other, form, copied);
        });
    }

    public Heads heads() {
        return heads;
    }

    @Override
    public void resetValue(double bias) {
        device.run(Priority.TRAINING, () -> heads.reset(weights, architecture, bias));
    }

    @Override
    public Decoding decoding(int slots, int capacity, Priority priority) {
        return device.complete(priority, () -> new TorchDecoding(this, null, slots, capacity, priority));
    }

    /** Decoding that can also draw from a prior: both networks read every token. */
    public Decoding decodingBeside(QNetwork prior, int slots, int capacity) {
        return device.complete(
                Priority.TRAINING,
                () -> new TorchDecoding(this, (TorchNetwork) prior, slots, capacity, Priority.TRAINING));
    }

    @Override
    public void save(Path directory) {
        ModelFiles.write(architecture, form, this::numbers, directory);
        ModelFiles.writeHeads(architecture, heads, this::trained, directory);
        if (options.trainable() instanceof Trainable.Lora lora) {
            new Adapters(architecture, lora).write(this::trained, form, directory);
        }
    }

    @Override
    public JsonObject config(int endId) {
        return form.config(architecture, endId, this::numbers);
    }

    /**
     * What a file of the whole model holds: adapters are merged into the weights they belong to. A piece of work for each
     * tensor, so that replies grow between two of them, and do not wait for the disk.
     */
    private float[] numbers(String name) {
        return options.trainable() instanceof Trainable.Lora lora
                ? device.call(Priority.TRAINING, () -> new Adapters(architecture, lora).merged(weights, name))
                : trained(name);
    }

    /** A weight as it is trained, by itself as above. */
    private float[] trained(String name) {
        return device.call(Priority.TRAINING, () -> weights.numbers(name));
    }

    Device device() {
        return device;
    }

    BatchDivision division() {
        return division;
    }

    Script script() {
        return script;
    }

    Weights weights() {
        return weights;
    }

    /** The weights as a dict for a call that generates. On the device's thread, or a lane while that waits. */
    IValue generationWeights() {
        return generationWeights.dict();
    }

    List<PtNDArray> modelWeights() {
        return weights.trainable(name -> !name.startsWith(VALUE));
    }

    List<PtNDArray> valueWeights() {
        return weights.trainable(name -> name.startsWith(VALUE));
    }

    @Override
    public void close() {
        device.complete(Priority.TRAINING, () -> {
            Learning made = learning;
            if (made != null) {
                made.close();
            }
            generationWeights.close();
            script.close();
            weights.close();
            return true;
        });
    }

    /** One number of a scalar tensor, which is closed. */
    static double scalar(NDArray array) {
        try (array) {
            return array.getFloat();
        }
    }
}
