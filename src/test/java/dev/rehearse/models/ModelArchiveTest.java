package dev.rehearse.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelArchiveTest {
    @TempDir
    Path directory;

    private final byte[] weights = new byte[300_000];

    @BeforeEach
    void aModel() throws IOException {
        new Random(1).nextBytes(weights);
        Files.writeString(directory.resolve("config.json"), "{}".repeat(1_000));
        Files.write(directory.resolve("model.safetensors"), weights);
        Files.createDirectories(directory.resolve("adapter"));
        Files.writeString(directory.resolve("adapter/adapter_config.json"), "{\"r\":4}");
        Files.createSymbolicLink(directory.resolve("linked.json"), directory.resolve("config.json"));
        Files.createSymbolicLink(directory.resolve("dangling.json"), directory.resolve("nowhere"));
        Files.createSymbolicLink(directory.resolve("up"), directory.getParent());
    }

    @Test
    void everyFileIsThereAsItWas() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        assertThat(files.keySet())
                .containsExactly("adapter/adapter_config.json", "config.json", "linked.json", "model.safetensors");
        assertThat(files.get("model.safetensors")).isEqualTo(weights);
        assertThat(files.get("linked.json")).isEqualTo(files.get("config.json"));
        assertThat(new String(files.get("config.json"))).isEqualTo("{}".repeat(1_000));
    }

    @Test
    void aDirectoryBehindALinkIsArchived() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolveSibling(directory.getFileName() + "-link"), directory);
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        ModelArchive.write(link, archive);
        assertThat(archive.toByteArray()).isEqualTo(archive());
    }

    /** So that it can be read where it lies, and sending it is all that takes time. */
    @Test
    void weightsAreStoredAndTheRestIsCompressed() throws IOException {
        Path file = Files.write(directory.resolveSibling(directory.getFileName() + ".zip"), archive());
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry stored = zip.getEntry("model.safetensors");
            assertThat(stored.getMethod()).isEqualTo(ZipEntry.STORED);
            assertThat(stored.getCompressedSize()).isEqualTo(weights.length);
            ZipEntry compressed = zip.getEntry("config.json");
            assertThat(compressed.getCompressedSize()).isLessThan(100);
            assertThat(compressed.getLastModifiedTime().toMillis() / 1_000)
                    .isEqualTo(Files.getLastModifiedTime(directory.resolve("config.json"))
                                    .toMillis()
                            / 1_000);
        } finally {
            Files.delete(file);
        }
    }

    private byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ModelArchive.write(directory, bytes);
        return bytes.toByteArray();
    }
}
