package dev.rehearse.replay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Reads what {@link SegmentWriter} wrote and believes none of it: a length is compared with what the reader expects
 * before anything is read, content is read through one small buffer, and the caller uses no value before {@link #end}
 * has compared the checksum. Never reads past the segment. Confined to one read.
 *
 * <p>Each method throws {@link CorruptSnapshot} where the bytes are not what they should be.
 */
final class SegmentReader {
    private static final int HEADER = Integer.BYTES + Long.BYTES;

    private final InputStream in;
    private final ByteBuffer buffer = ByteBuffer.allocate(SegmentWriter.BUFFER).limit(0);
    private final CRC32C crc = new CRC32C();
    private Segment segment = Segment.SETTINGS;
    /** Content bytes that are still in the stream, behind the buffer. */
    private long remaining;

    SegmentReader(InputStream in) {
        this.in = in;
    }

    void begin(Segment expected, long expectedLength) throws IOException {
        long length = begin(expected);
        check(length == expectedLength, "says " + length + " bytes, should be " + expectedLength);
    }

    /** Returns the length, at most one buffer. */
    int beginShort(Segment expected) throws IOException {
        long length = begin(expected);
        check(length >= 0 && length <= SegmentWriter.BUFFER, "says " + length + " bytes, too many");
        return (int) length;
    }

    private long begin(Segment expected) throws IOException {
        segment = expected;
        crc.reset();
        fill(HEADER);
        int tag = buffer.getInt();
        long length = buffer.getLong();
        check(tag == expected.tag(), "does not start here");
        remaining = length;
        return length;
    }

    byte getByte() throws IOException {
        return next(Byte.BYTES).get();
    }

    int getInt() throws IOException {
        return next(Integer.BYTES).getInt();
    }

    long getLong() throws IOException {
        return next(Long.BYTES).getLong();
    }

    double getDouble() throws IOException {
        return Double.longBitsToDouble(getLong());
    }

    void getInts(int[] into, int from, int count) throws IOException {
        for (int i = from; i < from + count; i++) {
            into[i] = getInt();
        }
    }

    void end() throws IOException {
        if (remaining != 0 || buffer.hasRemaining()) {
            throw new IllegalStateException("segment " + segment + " was not read to its end");
        }
        int computed = (int) crc.getValue();
        fill(Integer.BYTES);
        check(buffer.getInt() == computed, "checksum differs");
    }

    /** Refuses the segment that is or was just read, unless this is true. */
    void check(boolean valid, String what) {
        if (!valid) {
            throw new CorruptSnapshot(segment, what);
        }
    }

    private ByteBuffer next(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            int kept = buffer.remaining();
            buffer.compact().flip();
            int more = (int) Math.min(remaining, buffer.capacity() - kept);
            if (kept + more < bytes) {
                throw new IllegalStateException("read past the end of segment " + segment);
            }
            append(kept, more);
            remaining -= more;
        }
        return buffer;
    }

    private void fill(int bytes) throws IOException {
        buffer.clear().limit(0);
        append(0, bytes);
    }

    private void append(int at, int bytes) throws IOException {
        int read = in.readNBytes(buffer.array(), at, bytes);
        check(read == bytes, "ends early");
        crc.update(buffer.array(), at, bytes);
        buffer.position(0).limit(at + bytes);
    }
}
