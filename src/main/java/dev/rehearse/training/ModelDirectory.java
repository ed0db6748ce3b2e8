package dev.rehearse.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.rehearse.networks.QNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Writes and removes Hugging Face model directories; what has its final name is complete and on disk. Stateless. */
final class ModelDirectory {
    private static final List<String> TOKENIZER_FILES = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "generation_config.json",
            "chat_template.jinja");
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private ModelDirectory() {}

    /** Writes to a temporary name, syncs, then renames to {@code directory}, which must not exist. */
    static void write(Path directory, QNetwork network, StartingModel start, Provenance provenance) {
        try {
            Path temporary = directory.resolveSibling(directory.getFileName() + ".part");
            remove(temporary);
            Files.createDirectories(temporary);
            network.save(temporary);
            int endId = start.tokenizer().endId();
            writeSynced(temporary.resolve("config.json"), JSON.toJson(network.config(endId)));
            writeSynced(temporary.resolve("provenance.json"), JSON.toJson(provenance));
            for (String name : TOKENIZER_FILES) {
                Path source = start.tokenizerFiles().resolve(name);
                if (Files.exists(source)) {
                    writeSynced(temporary.resolve(name), Files.readString(source));
                }
            }
            Files.move(temporary, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void writeSynced(Path file, String content) throws IOException {
        Files.writeString(file, content, StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    static List<Path> entries(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a directory and what is in it; nothing happens when there is none. */
    static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
