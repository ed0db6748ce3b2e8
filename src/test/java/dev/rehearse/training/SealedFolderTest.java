package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedFolderTest {
    @TempDir
    private Path directory;

    private Path folder;

    @BeforeEach
    void resolve() {
        folder = directory.resolve("state-1");
    }

    private long write() throws IOException {
        return SealedFolder.write(folder, into -> {
            Files.write(into.resolve("weights"), new byte[] {1, 2, 3, 4, 5});
            Files.writeString(into.resolve("numbers.json"), "{}");
        });
    }

    @Test
    void whatWasWrittenIsWholeAndItsSizeIsTold() throws IOException {
        long bytes = write();
        assertThatCode(() -> SealedFolder.check(folder)).doesNotThrowAnyException();
        long sum = 0;
        for (Path file : TinyModel.files(folder)) {
            sum += Files.size(folder.resolve(file));
        }
        assertThat(bytes).isEqualTo(sum);
        assertThat(TinyModel.files(directory)).containsExactly(folder.getFileName());
    }

    @Test
    void anyByteThatIsMissingOrChangedIsNoticed() throws IOException {
        write();
        for (Path name : TinyModel.files(folder)) {
            Path file = folder.resolve(name);
            byte[] content = Files.readAllBytes(file);
            for (int i = 0; i < content.length; i++) {
                byte[] changed = content.clone();
                changed[i] ^= 4;
                refused(file, changed);
                refused(file, Arrays.copyOf(content, i));
            }
            refused(file, Arrays.copyOf(content, content.length + 1));
            Files.write(file, content);
            SealedFolder.check(folder);
        }
    }

    private void refused(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        assertThatThrownBy(() -> SealedFolder.check(folder)).isInstanceOf(IOException.class);
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        write();
        Files.delete(folder.resolve("weights"));
        assertThatThrownBy(() -> SealedFolder.check(folder)).hasMessage("weights is missing, cut short or changed");
    }

    @Test
    void aWriteThatFailsLeavesNothing() throws IOException {
        for (RuntimeException failure : List.of(new IllegalStateException("killed"), new StoppedException())) {
            assertThatThrownBy(() -> SealedFolder.write(folder, into -> {
                        Files.writeString(into.resolve("half"), "written");
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(TinyModel.files(directory)).isEmpty();
        }
    }

    @Test
    void whatAKilledWriteLeftIsOverwritten() throws IOException {
        Path left = Files.createDirectories(directory.resolve("state-1.part"));
        Files.writeString(left.resolve("half"), "written");
        write();
        assertThat(TinyModel.files(folder))
                .containsExactly(Path.of("checksums"), Path.of("numbers.json"), Path.of("weights"));
    }
}
