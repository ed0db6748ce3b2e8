package dev.rehearse.jobs;

import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/**
 * What runs leave on disk: {@code <data-dir>/runs/<job>/attempt-<n>} belongs to the trainer and goes with the attempt;
 * {@code …/<job>/models/…} are published models and stay. Thread-safe for different jobs.
 */
@Component
final class RunFolder {
    private final Path runs;

    RunFolder(DataDirectory data) {
        this.runs = data.dataDir().resolve("runs");
    }

    /** An empty directory for the attempt; whatever attempts before it left is removed. */
    Path start(JobId job, int attempt) {
        try {
            clear(job);
            return Files.createDirectories(runs.resolve(job.value()).resolve("attempt-" + attempt));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what attempts left. */
    void clear(JobId job) throws IOException {
        Path folder = runs.resolve(job.value());
        if (!Files.isDirectory(folder)) {
            return;
        }
        for (Path entry : entries(folder)) {
            if (entry.getFileName().toString().startsWith("attempt-")) {
                FileSystemUtils.deleteRecursively(entry);
            }
        }
    }

    /**
     * Keeps a model directory beyond its attempt: its files are linked where the disk can, copied where it cannot.
     *
     * @param name of the directory among the models of the job; must be new
     */
    Path keep(JobId job, String name, Path model) {
        try {
            Path models = Files.createDirectories(runs.resolve(job.value()).resolve("models"));
            Path unfinished = models.resolve('.' + name);
            FileSystemUtils.deleteRecursively(unfinished);
            Files.createDirectories(unfinished);
            linkAll(model, unfinished);
            Path kept = models.resolve(name);
            FileSystemUtils.deleteRecursively(kept);
            return Files.move(unfinished, kept, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void linkAll(Path from, Path to) throws IOException {
        for (Path entry : entries(from)) {
            Path target = to.resolve(entry.getFileName());
            if (Files.isDirectory(entry)) {
                linkAll(entry, Files.createDirectory(target));
            } else {
                link(entry, target);
            }
        }
    }

    private static void link(Path file, Path target) throws IOException {
        try {
            Files.createLink(target, file);
        } catch (UnsupportedOperationException | IOException e) {
            Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
