package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Heads;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The network and the text handling that a run starts from. Confined to the run's thread.
 *
 * @param tokenizerFiles the directory whose tokenizer files every checkpoint gets
 */
record StartingModel(TorchNetwork network, Tokenizer tokenizer, ChatTemplate template, Path tokenizerFiles)
        implements AutoCloseable {

    static StartingModel open(Device device, Path directory, NetworkOptions options) {
        Tokenizer tokenizer = Tokenizer.open(directory);
        try {
            TorchNetwork network = TorchNetwork.open(device, directory, options);
            return new StartingModel(network, tokenizer, ChatTemplate.of(tokenizer), directory);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Trains the tokenizer on the examples, unless that was done, and makes a fresh network of the blueprint's shape. */
    static StartingModel fresh(
            Device device, Blueprint blueprint, RunSpec spec, TokenizerSpec tokenizerSpec, NetworkOptions options) {
        Path directory = tokenizerDirectory(spec.outputDirectory());
        if (!Files.exists(directory)) {
            trainTokenizer(directory, blueprint, spec, tokenizerSpec);
        }
        Tokenizer tokenizer = Tokenizer.open(directory);
        Architecture architecture = blueprint.architecture(tokenizer.vocabularySize());
        TorchNetwork network = TorchNetwork.create(device, architecture, options, spec.seed());
        return new StartingModel(network, tokenizer, ChatTemplate.of(tokenizer), directory);
    }

    private static void trainTokenizer(Path directory, Blueprint blueprint, RunSpec spec, TokenizerSpec tokenizerSpec) {
        Path unfinished = directory.resolveSibling(directory.getFileName() + ".part");
        try {
            Files.createDirectories(unfinished);
            new TokenizerTrainer(tokenizerSpec)
                    .train(EncodedExamples.texts(spec.data().train()), blueprint.contextLength(), unfinished);
            Files.move(unfinished, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same without Q heads, which are of the language model that they were learned with; this one is closed. */
    StartingModel languageModel() {
        if (network.heads().equals(Heads.valueOnly())) {
            return this;
        }
        TorchNetwork plain = network.withHeads(Heads.valueOnly(), 0);
        network.close();
        return new StartingModel(plain, tokenizer, template, tokenizerFiles);
    }

    /** Removes what {@link #fresh} wrote. */
    static void discard(RunSpec spec) {
        ModelDirectory.remove(tokenizerDirectory(spec.outputDirectory()));
    }

    static Path tokenizerDirectory(Path output) {
        return output.resolve("tokenizer");
    }

    @Override
    public void close() {
        network.close();
        tokenizer.close();
    }
}
