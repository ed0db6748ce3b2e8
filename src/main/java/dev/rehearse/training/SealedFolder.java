package dev.rehearse.training;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A folder of files with a list of their checksums, which is written whole or not at all and refused when a byte of it is
 * missing or changed. Stateless.
 */
final class SealedFolder {
    /** A line per file: CRC32C, length, name. The last line is the CRC32C of those before it. */
    private static final String SEAL = "checksums";

    /** Characters of the last line. */
    private static final int SEAL_OF_SEAL = 9;

    private static final int BUFFER = 1 << 20;

    private SealedFolder() {}

    /** Writes and syncs files into a folder. */
    @FunctionalInterface
    interface Content {
        void writeInto(Path folder) throws IOException;
    }

    /**
     * Writes to a temporary name, seals, syncs, then renames; a kill at any moment leaves the whole folder or none.
     *
     * @param folder must not exist
     * @return bytes on disk
     */
    static long write(Path folder, Content content) throws IOException {
        Path unfinished = folder.resolveSibling(folder.getFileName() + ".part");
        ModelDirectory.remove(unfinished);
        try {
            Files.createDirectories(unfinished);
            content.writeInto(unfinished);
            long bytes = seal(unfinished);
            sync(unfinished);
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            sync(folder.resolveSibling("."));
            return bytes;
        } finally {
            ModelDirectory.remove(unfinished);
        }
    }

    private static long seal(Path folder) throws IOException {
        StringBuilder lines = new StringBuilder();
        long bytes = 0;
        for (Path file : ModelDirectory.entries(folder)) {
            lines.append(line(file));
            bytes += Files.size(file);
        }
        lines.append(lastLine(lines.toString()));
        ModelDirectory.writeSynced(folder.resolve(SEAL), lines.toString());
        return bytes + lines.length();
    }

    /** @throws IOException when anything in it is not as it was written; the message says what */
    static void check(Path folder) throws IOException {
        String seal = Files.readString(folder.resolve(SEAL));
        int end = Math.max(0, seal.length() - SEAL_OF_SEAL);
        String listed = seal.substring(0, end);
        if (!seal.substring(end).equals(lastLine(listed))) {
            throw new IOException(SEAL + " is damaged");
        }
        StringBuilder found = new StringBuilder();
        for (Path file : ModelDirectory.entries(folder)) {
            if (!file.endsWith(SEAL)) {
                found.append(line(file));
            }
        }
        List<String> present = found.toString().lines().toList();
        for (String line : listed.lines().toList()) {
            if (!present.contains(line)) {
                throw new IOException(line.substring(line.lastIndexOf(' ') + 1) + " is missing, cut short or changed");
            }
        }
    }

    private static String line(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer) >= 0) {
                crc.update(buffer.flip());
                buffer.clear();
            }
        }
        return hex(crc) + ' ' + Files.size(file) + ' ' + file.getFileName() + '\n';
    }

    private static String lastLine(String lines) {
        CRC32C crc = new CRC32C();
        crc.update(lines.getBytes(StandardCharsets.UTF_8));
        return hex(crc) + '\n';
    }

    private static String hex(CRC32C crc) {
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    /** Makes names durable where a directory can be synced; Windows cannot and need not. */
    private static void sync(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
                entry.force(true);
            }
        }
    }
}
