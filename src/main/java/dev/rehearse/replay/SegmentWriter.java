package dev.rehearse.replay;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes segments: tag (4 bytes), length of the content (8), content, CRC32C of all that (4); big-endian. The length is
 * promised before the content and kept. Confined to one write.
 */
final class SegmentWriter {
    static final int BUFFER = 1 << 16;

    private final OutputStream out;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    private final CRC32C crc = new CRC32C();
    private long remaining;

    SegmentWriter(OutputStream out) {
        this.out = out;
    }

    void begin(Segment segment, long length) throws IOException {
        crc.reset();
        remaining = Integer.BYTES + Long.BYTES + length;
        putInt(segment.tag());
        putLong(length);
    }

    void putByte(int value) throws IOException {
        room(Byte.BYTES).put((byte) value);
    }

    void putInt(int value) throws IOException {
        room(Integer.BYTES).putInt(value);
    }

    void putLong(long value) throws IOException {
        room(Long.BYTES).putLong(value);
    }

    /** The bits of the number, so that it comes back the same. */
    void putDouble(double value) throws IOException {
        putLong(Double.doubleToRawLongBits(value));
    }

    void putInts(int[] values, int from, int count) throws IOException {
        for (int i = from; i < from + count; i++) {
            putInt(values[i]);
        }
    }

    void end() throws IOException {
        if (remaining != 0) {
            throw new IllegalStateException("segment is " + remaining + " bytes short of its promised length");
        }
        flush();
        buffer.putInt((int) crc.getValue());
        out.write(buffer.array(), 0, buffer.position());
        buffer.clear();
    }

    private ByteBuffer room(int bytes) throws IOException {
        remaining -= bytes;
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    private void flush() throws IOException {
        crc.update(buffer.array(), 0, buffer.position());
        out.write(buffer.array(), 0, buffer.position());
        buffer.clear();
    }
}
