package dev.rehearse.models;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A directory as a ZIP that is never whole anywhere: each file is read as it is written. Stateless; any thread. */
final class ModelArchive {
    private ModelArchive() {}

    /**
     * Writes the directory's files, those of its folders included, and leaves {@code target} open.
     *
     * @throws IOException also when a file of weights changes meanwhile
     */
    static void write(Path model, OutputStream target) throws IOException {
        Path directory = model.toRealPath(); // the walk does not follow it where it is a link
        ZipOutputStream zip = new ZipOutputStream(target);
        for (Path file : files(directory)) {
            zip.putNextEntry(entry(directory, file));
            Files.copy(file, zip);
            zip.closeEntry();
        }
        zip.finish();
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Weights are stored as they are: they hardly shrink, and compressing them would take longer than sending them. */
    private static ZipEntry entry(Path directory, Path file) throws IOException {
        ZipEntry entry = new ZipEntry(directory.relativize(file).toString().replace(File.separatorChar, '/'));
        entry.setLastModifiedTime(Files.getLastModifiedTime(file));
        if (entry.getName().endsWith(".safetensors")) {
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(Files.size(file));
            entry.setCrc(checksum(file)); // such an entry has it before its bytes
        }
        return entry;
    }

    private static long checksum(Path file) throws IOException {
        try (InputStream bytes = Files.newInputStream(file);
                CheckedInputStream checked = new CheckedInputStream(bytes, new CRC32())) {
            checked.transferTo(OutputStream.nullOutputStream());
            return checked.getChecksum().getValue();
        }
    }
}
