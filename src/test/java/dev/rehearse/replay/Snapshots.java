package dev.rehearse.replay;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Snapshots in memory, for the tests of this package. */
final class Snapshots {
    private Snapshots() {}

    static byte[] bytes(ReplayMemory memory) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ReplaySnapshot.write(memory, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static ReplayMemory memory(byte[] bytes, ReplaySettings settings) {
        try {
            return ReplaySnapshot.read(new ByteArrayInputStream(bytes), settings, () -> 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
