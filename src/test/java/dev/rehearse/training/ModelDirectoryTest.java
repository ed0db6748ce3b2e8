package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rehearse.networks.TokenBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelDirectoryTest {
    private static final Provenance PROVENANCE =
            new Provenance("tiny", "supervised", "none", 7, "00", 12, Map.of("valid_loss", 0.5), "development");

    @TempDir
    Path directory;

    private StartingModel start;
    private Path written;

    @BeforeEach
    void open() throws IOException {
        start = TinyModel.open(TinyModel.write(directory.resolve("model"), "abcd"));
        written = directory.resolve("checkpoint-12");
    }

    @AfterEach
    void close() {
        start.close();
    }

    private void write() {
        ModelDirectory.write(written, start.network(), start, PROVENANCE);
    }

    @Test
    void aWrittenDirectoryOpensAgainAsTheSameModel() {
        write();
        TokenBatch batch = new TokenBatch(new int[][] {{6, 7, 8, 9}}, new int[][] {{1, 2, 3}});
        try (StartingModel again = TinyModel.open(written)) {
            assertThat(again.network().read(batch).logProbs())
                    .isEqualTo(start.network().read(batch).logProbs());
            assertThat(again.network().read(batch).values())
                    .isEqualTo(start.network().read(batch).values());
            assertThat(again.tokenizer().encode("dcba"))
                    .isEqualTo(start.tokenizer().encode("dcba"));
            assertThat(again.tokenizer().endId()).isEqualTo(start.tokenizer().endId());
        }
    }

    @Test
    void theProvenanceStandsBesideTheWeights() throws IOException {
        write();
        JsonObject provenance = JsonParser.parseString(Files.readString(written.resolve("provenance.json")))
                .getAsJsonObject();
        assertThat(provenance.get("step").getAsInt()).isEqualTo(12);
        assertThat(provenance.get("seed").getAsLong()).isEqualTo(7);
        assertThat(provenance.getAsJsonObject("metrics").get("valid_loss").getAsDouble())
                .isEqualTo(0.5);
    }

    @Test
    void leftoversOfAnInterruptedWriteAreReplaced() throws IOException {
        Path leftover = directory.resolve("checkpoint-12.part");
        Files.createDirectories(leftover.resolve("deep"));
        Files.writeString(leftover.resolve("deep/rubbish"), "x");
        write();
        assertThat(leftover).doesNotExist();
        assertThat(TinyModel.files(written)).doesNotContain(Path.of("deep"));
    }

    @Test
    void nothingHasTheFinalNameWhenWritingFails() {
        Provenance unwritable =
                new Provenance("tiny", "supervised", "none", 7, "00", 12, Map.of("x", Double.NaN), "development");
        assertThatThrownBy(() -> ModelDirectory.write(written, start.network(), start, unwritable))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(written).doesNotExist();
    }

    @Test
    void removingIsCompleteAndMayBeRepeated() {
        write();
        ModelDirectory.remove(written);
        assertThat(written).doesNotExist();
        ModelDirectory.remove(written);
    }
}
