package dev.rehearse.files;

import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/** The bytes of uploaded files, {@code <data-dir>/files/<id>}; a file there is complete and synced. Thread-safe. */
@Component
final class FileFolder {
    /** A day: within it a byte of any upload arrives. */
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    private final Path folder;

    FileFolder(DataDirectory data) {
        this.folder = data.dataDir().resolve("files");
    }

    /** Where uploads wait while they come in; on the same disk, so that memory never holds one. */
    Path incoming() throws IOException {
        return Files.createDirectories(folder.resolve(".incoming"));
    }

    Path path(FileId id) {
        return folder.resolve(id.value());
    }

    /** Where a file's bytes come from. */
    @FunctionalInterface
    interface Source {
        /** Leaves them in a file of this name, which is not there yet. */
        void into(Path unfinished) throws IOException;
    }

    /** Takes the bytes under a temporary name, syncs, then renames; returns their number. */
    long write(FileId id, Source content) {
        try {
            Path unfinished = incoming().resolve(id.value());
            try {
                content.into(unfinished);
                long bytes = Files.size(unfinished);
                sync(unfinished, StandardOpenOption.WRITE);
                Files.move(unfinished, path(id), StandardCopyOption.ATOMIC_MOVE);
                syncDirectory();
                return bytes;
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void delete(FileId id) {
        try {
            Files.deleteIfExists(path(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes what uploads left that ended with their process: nothing comes in for as long as that. */
    void deleteAbandoned(Instant now) {
        try (Stream<Path> entries = Files.list(incoming())) {
            for (Path entry : entries.toList()) {
                if (Files.getLastModifiedTime(entry).toInstant().isBefore(now.minus(LONGEST_PAUSE))) {
                    Files.deleteIfExists(entry);
                }
            }
        } catch (NoSuchFileException e) {
            // it has just come in
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sync(Path path, StandardOpenOption access) throws IOException {
        try (FileChannel channel = FileChannel.open(path, access)) {
            channel.force(true);
        }
    }

    /** Makes a rename durable where a directory can be synced; Windows cannot and need not. */
    private void syncDirectory() throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            sync(folder, StandardOpenOption.READ);
        }
    }
}
