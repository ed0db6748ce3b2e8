package dev.rehearse.jobs;

import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/**
 * What runs leave on disk: {@code <data-dir>/runs/<job>/attempt-<n>} belongs to the trainer and goes with the job's end;
 * {@code …/<job>/models/…} are published models and stay. Thread-safe for different jobs.
 */
@Component
final class RunFolder {
    private static final String ATTEMPT = "attempt-";

    private final Path runs;

    RunFolder(DataDirectory data) {
        this.runs = data.dataDir().resolve("runs");
    }

    /**
     * A directory for the attempt, with what the last one before it left. It is taken from that one by its name, so that
     * a process that was only thought dead writes nothing there any more.
     */
    Path start(JobId job, int attempt) {
        try {
            Path folder = Files.createDirectories(runs.resolve(job.value()));
            Path own = folder.resolve(ATTEMPT + attempt);
            List<Path> earlier = attempts(folder);
            if (earlier.isEmpty()) {
                return Files.createDirectory(own);
            }
            for (Path older : earlier.subList(0, earlier.size() - 1)) {
                FileSystemUtils.deleteRecursively(older);
            }
            return Files.move(earlier.get(earlier.size() - 1), own, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what attempts left: nothing goes on from there. */
    void clear(JobId job) throws IOException {
        Path folder = runs.resolve(job.value());
        if (Files.isDirectory(folder)) {
            for (Path attempt : attempts(folder)) {
                FileSystemUtils.deleteRecursively(attempt);
            }
        }
    }

    /** By number. */
    private static List<Path> attempts(Path folder) throws IOException {
        return entries(folder).stream()
                .filter(entry -> entry.getFileName().toString().matches(ATTEMPT + "\\d{1,9}"))
                .sorted(Comparator.comparingInt(RunFolder::number))
                .toList();
    }

    private static int number(Path attempt) {
        return Integer.parseInt(attempt.getFileName().toString().substring(ATTEMPT.length()));
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
