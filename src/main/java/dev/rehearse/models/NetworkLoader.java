package dev.rehearse.models;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.ComputeType;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.InvalidModelException;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.networks.WeightType;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.UnusableTokenizerException;
import dev.rehearse.web.ApiException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;

/** Opens model directories on the device. Thread-safe. */
@Component
final class NetworkLoader implements ModelLoader {
    /** Of a weight as it was read, in f32; what generation reads comes on top. */
    private static final int STORED_BYTES = 4;

    private final ObjectProvider<Device> device;
    private final GenerationProperties settings;

    /** @param device opened when the first model is */
    NetworkLoader(ObjectProvider<Device> device, GenerationProperties settings) {
        this.device = device;
        this.settings = settings;
    }

    @Override
    public LoadedModel load(Model model) {
        try {
            return load(model.requireDirectory());
        } catch (InvalidModelException | UnusableTokenizerException e) {
            throw ApiException.invalid(
                    "invalid_model", "model", "The model '" + model.id() + "' cannot be opened: " + e.getMessage());
        }
    }

    private OpenedModel load(Path directory) {
        Tokenizer tokenizer = Tokenizer.open(directory);
        try {
            return open(directory, tokenizer);
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    private OpenedModel open(Path directory, Tokenizer tokenizer) {
        Device on = device.getObject();
        WeightType weights = weightsOn(on);
        TorchNetwork network = TorchNetwork.open(on, directory, NetworkOptions.serving(on, weights));
        ChatTemplate template = ChatTemplate.of(tokenizer);
        BatchScheduler.Limits limits = limits(network.architecture(), settings);
        int[] endTokens = {tokenizer.endId(), template.endOfTurn()};
        BatchScheduler scheduler = new BatchScheduler(network, tokenizer, endTokens, limits, System::nanoTime);
        long perWeight = (long) STORED_BYTES + weights.bytes(on);
        DataSize size = size(network.architecture(), perWeight, limits);
        return new OpenedModel(
                tokenizer,
                template,
                scheduler,
                limits.capacity(),
                size,
                network.heads().kind().hasQ());
    }

    private static DataSize size(Architecture architecture, long perWeight, BatchScheduler.Limits limits) {
        long kept = limits.slots() * architecture.decodingBytes(limits.capacity());
        return DataSize.ofBytes(perWeight * architecture.parameters() + kept);
    }

    /** Newer models' contexts are so long that a slot for each would take more than the machine has. */
    static BatchScheduler.Limits limits(Architecture architecture, GenerationProperties settings) {
        long most = settings.maxCache().toBytes();
        long fixed = architecture.decodingBytes(0);
        long perToken = Math.max(1, architecture.decodingBytes(1) - fixed);
        int capacity = (int) Math.max(1, Math.min(architecture.contextLength(), (most - fixed) / perToken));
        int slots = (int) Math.max(1, Math.min(settings.slots(), most / architecture.decodingBytes(capacity)));
        return new BatchScheduler.Limits(slots, capacity, settings.maxQueuedTokens(), settings.maxPromptTokens());
    }

    private WeightType weightsOn(Device opened) {
        WeightType asked = settings.weights();
        if (asked == null) {
            return opened.computeType() == ComputeType.BF16 ? WeightType.BF16 : WeightType.F32;
        }
        if (!opened.supports(asked)) {
            throw new IllegalStateException("rehearse.generation.weights is " + asked
                    + ", which this device has no instructions for; allowed: "
                    + Stream.of(WeightType.values()).filter(opened::supports).toList());
        }
        return asked;
    }
}
