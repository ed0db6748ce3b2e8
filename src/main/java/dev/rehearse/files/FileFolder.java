package dev.rehearse.files;

import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.springframework.stereotype.Component;

/** The bytes of uploaded files, {@code <data-dir>/files/<id>}; a file there is complete and synced. Thread-safe. */
@Component
final class FileFolder {
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

    /** Streams to a temporary name, syncs, then renames; returns the number of bytes. */
    long write(FileId id, InputStream content) {
        try {
            Path unfinished = incoming().resolve(id.value());
            try {
                long bytes = copy(content, unfinished);
                Files.move(unfinished, path(id), StandardCopyOption.ATOMIC_MOVE);
                sync(folder);
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

    private static long copy(InputStream content, Path target) throws IOException {
        try (FileChannel file = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long bytes = content.transferTo(Channels.newOutputStream(file));
            file.force(true);
            return bytes;
        }
    }

    /** Makes a rename durable where a directory can be synced; Windows cannot and need not. */
    private static void sync(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
                entry.force(true);
            }
        }
    }
}
