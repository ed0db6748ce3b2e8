package dev.rehearse.models;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.InvalidModelException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a Hugging Face model directory says about itself. Stateless; any thread. */
final class ModelDirectory {
    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final List<String> CONTEXT_KEYS = List.of("max_position_embeddings", "n_positions", "n_ctx");
    private static final JsonMapper JSON = new JsonMapper();

    private ModelDirectory() {}

    static boolean isOne(Path directory) {
        return Files.isRegularFile(directory.resolve(CONFIG));
    }

    /** When the configuration was last written. */
    static Instant writtenAt(Path directory) {
        try {
            return Files.getLastModifiedTime(directory.resolve(CONFIG)).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The most tokens the network can see, or null when the configuration is missing, broken or silent. */
    static @Nullable Integer contextLength(Path directory) {
        if (!isOne(directory)) {
            return null;
        }
        JsonNode config;
        try {
            config = JSON.readTree(directory.resolve(CONFIG).toFile());
        } catch (JacksonException e) {
            return null;
        }
        for (String key : CONTEXT_KEYS) {
            JsonNode value = config.path(key);
            if (value.canConvertToInt() && value.intValue() > 0) {
                return value.intValue();
            }
        }
        return null;
    }

    /** Why no model can be made of it, as far as that is seen without reading weights; null when nothing is missing. */
    static @Nullable String problem(Path directory) {
        try {
            Architecture.of(directory);
        } catch (InvalidModelException e) {
            return e.getMessage();
        }
        if (weightBytes(directory) == 0) {
            return "no .safetensors file has any weights";
        }
        return Files.isRegularFile(directory.resolve(TOKENIZER)) ? null : TOKENIZER + " is missing";
    }

    /** Bytes of the weight files. */
    static long weightBytes(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(Path::toFile)
                    .filter(file -> file.getName().endsWith(".safetensors"))
                    .mapToLong(File::length)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The model directories directly in {@code folder}, by name; hidden ones are work in progress and left out. */
    static List<Path> in(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .filter(ModelDirectory::isOne)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
