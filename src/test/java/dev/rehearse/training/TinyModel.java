package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** A network of two layers over single characters, in milliseconds; and the processor all tests of a package share. */
final class TinyModel {
    static final int CONTEXT = 16;

    private static final class Shared {
        /** Of two lanes also where tests have one processor each: what runs end with must not depend on their timing. */
        private static final Device DEVICE = Device.ofLanes(2);
    }

    private TinyModel() {}

    /** Never closed: its thread ends with the tests. */
    static Device device() {
        return Shared.DEVICE;
    }

    /** Writes a model directory that knows these letters. */
    static Path write(Path directory, String letters) throws IOException {
        return write(directory, letters, vocabulary -> Gpt2.of(vocabulary, CONTEXT, 32, 2, 2));
    }

    /** The same of another shape, which depends on the vocabulary's size. */
    static Path write(Path directory, String letters, IntFunction<Architecture> shapes) throws IOException {
        Files.createDirectories(directory);
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.CHAR, 64, false))
                .train(Stream.of(letters), CONTEXT, directory);
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            Architecture shape = shapes.apply(tokenizer.vocabularySize());
            try (TorchNetwork network = TorchNetwork.create(device(), shape, NetworkOptions.exact(), 3)) {
                network.save(directory);
                Files.writeString(
                        directory.resolve("config.json"),
                        shape.toConfig(tokenizer.endId()).toString());
            }
        }
        return directory;
    }

    static StartingModel open(Path directory) {
        return StartingModel.open(device(), directory, NetworkOptions.exact());
    }

    static Example example(int line, String prompt, String completion) {
        return new Example(
                line, new Example.Conversation.Continuation(prompt, completion), Map.of("answer", completion));
    }

    /** The same row as reinforcement reads it: what was the completion is known to the grader alone. */
    static Example question(int line, String prompt, String answer) {
        return new Example(line, new Example.Conversation.Continuation(prompt, ""), Map.of("answer", answer));
    }

    static RunSpec spec(Path start, TrainingData data, Method method, Path output) throws IOException {
        Files.createDirectories(output);
        return new RunSpec(new StartingPoint.Directory(start), data, method, 7, output);
    }

    /** A run of the spec, for those that are given one. */
    static Run run(RunSpec spec, RunControl control) {
        return new Run(spec, control, () -> 0, RunStates.open(spec, control));
    }

    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::getFileName).sorted().toList();
        }
    }
}
