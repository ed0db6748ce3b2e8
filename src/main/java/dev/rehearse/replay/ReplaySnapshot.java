package dev.rehearse.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.LongSupplier;

/**
 * A whole memory as bytes: settings, counters, random state, limiter, index, contents, priorities. A restored memory goes
 * on with the draws the saved one would have made, and equal memories give equal bytes. The layout is
 * {@link SegmentWriter}'s, in the order of {@link Segment}.
 *
 * <p>Handles outlive a snapshot only in one direction: one given out after it was written means nothing to what is
 * restored from it. Stateless.
 */
public final class ReplaySnapshot {
    private ReplaySnapshot() {}

    /** Writes to a file beside the target, syncs it, then renames it: the target is the old one or the new one, whole. */
    public static void write(ReplayMemory memory, Path target) throws IOException {
        Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
        try {
            try (FileChannel channel = FileChannel.open(
                            unfinished,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE);
                    OutputStream out = Channels.newOutputStream(channel)) {
                write(memory, out);
                channel.force(true);
            }
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** Leaves the stream open. */
    public static void write(ReplayMemory memory, OutputStream out) throws IOException {
        SegmentWriter segments = new SegmentWriter(out);
        byte[] settings = memory.settings().inWords().getBytes(UTF_8);
        segments.begin(Segment.SETTINGS, settings.length);
        for (byte letter : settings) {
            segments.putByte(letter);
        }
        segments.end();
        memory.save(segments);
    }

    /**
     * Reads a file that holds a snapshot and nothing else.
     *
     * @throws CorruptSnapshot if anything in it is not as it was written
     * @throws IllegalArgumentException if it was written under other settings
     */
    public static ReplayMemory read(Path source, ReplaySettings settings, LongSupplier nanoTime) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(source))) {
            ReplayMemory memory = read(in, settings, nanoTime);
            if (in.read() != -1) {
                throw new CorruptSnapshot(Segment.PRIORITIES, "is followed by more");
            }
            return memory;
        }
    }

    /** Reads one snapshot from the stream, not a byte further, and leaves it open; throws as above. */
    public static ReplayMemory read(InputStream in, ReplaySettings settings, LongSupplier nanoTime) throws IOException {
        SegmentReader segments = new SegmentReader(in);
        byte[] written = new byte[segments.beginShort(Segment.SETTINGS)];
        for (int i = 0; i < written.length; i++) {
            written[i] = segments.getByte();
        }
        segments.end();
        String before = new String(written, UTF_8);
        if (!before.equals(settings.inWords())) {
            throw new IllegalArgumentException(
                    "replay snapshot was written with \"" + before + "\", now it is \"" + settings.inWords() + "\"");
        }
        return ReplayMemory.restore(segments, settings, nanoTime);
    }
}
