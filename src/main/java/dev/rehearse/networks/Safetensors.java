package dev.rehearse.networks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file of named tensors: an 8-byte little-endian header length, a JSON header, then the raw numbers.
 *
 * <p>Format: huggingface/safetensors, "Format". Everything the header claims is checked against the file's size before
 * anything is allocated. Immutable once opened; memory-mapped, so reading costs what is read.
 */
final class Safetensors {
    /** Of one tensor: as many f32 as a buffer holds. */
    static final int MOST_NUMBERS = Integer.MAX_VALUE / 4;

    private static final long LARGEST_HEADER = 100L << 20;

    private final Map<String, Entry> entries;
    private final FileRegions data;

    private Safetensors(Map<String, Entry> entries, FileRegions data) {
        this.entries = entries;
        this.data = data;
    }

    /** The number type of a stored tensor; f16 and bf16 are widened to f32 on reading, those below cannot be read. */
    enum Type {
        F32(4),
        F16(2),
        BF16(2),
        F64(8),
        I64(8),
        I32(4),
        I16(2),
        I8(1),
        U8(1),
        BOOL(1);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        int bytes() {
            return bytes;
        }

        /** Whether tensors of this type are read. */
        boolean isReadable() {
            return this == F32 || this == F16 || this == BF16;
        }

        /** Whether this type holds the number without a change of its f32 bits. */
        boolean holds(float number) {
            return switch (this) {
                case F32 -> true;
                case F16 ->
                    Float.floatToRawIntBits(HalfFloat.toFloat(HalfFloat.fromFloat(number)))
                            == Float.floatToRawIntBits(number);
                case BF16 -> (Float.floatToRawIntBits(number) & 0xffff) == 0;
                case F64, I64, I32, I16, I8, U8, BOOL -> false;
            };
        }

        /** Appends numbers that this type holds. */
        void put(ByteBuffer to, float[] numbers) {
            for (float number : numbers) {
                switch (this) {
                    case F32 -> to.putFloat(number);
                    case F16 -> to.putShort(HalfFloat.fromFloat(number));
                    case BF16 -> to.putShort((short) (Float.floatToRawIntBits(number) >>> 16));
                    case F64, I64, I32, I16, I8, U8, BOOL ->
                        throw new IllegalArgumentException(name() + " tensors are not written");
                }
            }
        }
    }

    /** One tensor: {@code begin} and {@code end} are byte offsets into the data part. */
    record Entry(Type type, long[] shape, long begin, long end) {
        long count() {
            return (end - begin) / type.bytes;
        }
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws InvalidModelException when the file is truncated or its header lies
     */
    static Safetensors open(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            if (size < 8 || channel.read(length, 0) != 8) {
                throw new InvalidModelException(file + ": " + size + " bytes; allowed: at least 8");
            }
            long header = length.getLong(0);
            if (header < 2 || header > LARGEST_HEADER || header > size - 8) {
                throw new InvalidModelException(
                        file + ": the header claims " + header + " bytes; the file holds " + (size - 8) + " after it");
            }
            ByteBuffer json = ByteBuffer.allocate((int) header);
            while (json.hasRemaining() && channel.read(json, 8 + json.position()) > 0) {}
            Map<String, Entry> entries = entries(file, json.array(), size - 8 - header);
            checkCovered(file, entries, size - 8 - header);
            return new Safetensors(entries, new FileRegions(file, 8 + header));
        } catch (IOException e) {
            throw new InvalidModelException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static Map<String, Entry> entries(Path file, byte[] json, long dataSize) {
        try {
            JsonObject header = JsonParser.parseString(new String(json, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            Map<String, Entry> entries = new LinkedHashMap<>();
            for (Map.Entry<String, JsonElement> member : header.entrySet()) {
                if (!member.getKey().equals("__metadata__")) {
                    entries.put(
                            member.getKey(),
                            entry(member.getKey(), member.getValue().getAsJsonObject(), dataSize));
                }
            }
            return entries;
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NullPointerException
                | NumberFormatException
                | ArithmeticException
                | UnsupportedOperationException e) {
            throw new InvalidModelException(file + ": the header is not what it should be: " + e.getMessage(), e);
        }
    }

    /** The format allows neither holes nor overlaps. */
    private static void checkCovered(Path file, Map<String, Entry> entries, long dataSize) {
        List<Map.Entry<String, Entry>> byPlace = new ArrayList<>(entries.entrySet());
        byPlace.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> named) -> named.getValue().begin())
                .thenComparingLong(named -> named.getValue().end()));
        long covered = 0;
        for (Map.Entry<String, Entry> named : byPlace) {
            if (named.getValue().begin() != covered) {
                throw new InvalidModelException(file + ": " + named.getKey() + " begins at byte "
                        + named.getValue().begin() + "; the tensor before it ends at " + covered);
            }
            covered = named.getValue().end();
        }
        if (covered != dataSize) {
            throw new InvalidModelException(
                    file + ": the tensors end at byte " + covered + "; the file holds " + dataSize);
        }
    }

    private static Entry entry(String name, JsonObject description, long dataSize) {
        Type type = type(name, description.get("dtype").getAsString());
        List<Long> shape = new ArrayList<>();
        description.get("shape").getAsJsonArray().forEach(side -> shape.add(exactly(side)));
        JsonArray offsets = description.get("data_offsets").getAsJsonArray();
        long begin = offsets.isEmpty() ? -1 : exactly(offsets.get(0));
        long end = offsets.size() == 2 ? exactly(offsets.get(1)) : -1;
        if (begin < 0 || end < begin || end > dataSize) {
            throw new InvalidModelException(
                    name + ": lies at bytes " + begin + " to " + end + "; the file holds " + dataSize);
        }
        Entry entry = new Entry(type, shape.stream().mapToLong(Long::longValue).toArray(), begin, end);
        if (claimed(name, entry.shape()) != entry.count() || (end - begin) % type.bytes != 0) {
            throw new InvalidModelException(name + ": shape " + shape + " does not fit " + (end - begin) + " bytes");
        }
        return entry;
    }

    /** A number that is an integer below 2^63: {@code getAsLong} would cut what is not. */
    private static long exactly(JsonElement number) {
        return number.getAsBigDecimal().longValueExact();
    }

    private static long claimed(String name, long[] shape) {
        long count = 1;
        try {
            for (long side : shape) {
                if (side < 0) {
                    throw new InvalidModelException(name + ": a side of its shape is " + side);
                }
                count = Math.multiplyExact(count, side);
            }
        } catch (ArithmeticException e) {
            throw new InvalidModelException(name + ": its shape has more than 2^63 numbers", e);
        }
        return count;
    }

    private static Type type(String name, String dtype) {
        return switch (dtype) {
            case "F32" -> Type.F32;
            case "F16" -> Type.F16;
            case "BF16" -> Type.BF16;
            case "F64" -> Type.F64;
            case "I64" -> Type.I64;
            case "I32" -> Type.I32;
            case "I16" -> Type.I16;
            case "I8" -> Type.I8;
            case "U8" -> Type.U8;
            case "BOOL" -> Type.BOOL;
            default -> throw notReadable(name, dtype);
        };
    }

    private static InvalidModelException notReadable(String name, String dtype) {
        return new InvalidModelException(name + ": dtype is " + dtype + "; allowed: F32, F16, BF16");
    }

    Map<String, Entry> entries() {
        return entries;
    }

    Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new InvalidModelException(name + " is missing; present: " + entries.keySet());
        }
        return entry;
    }

    /** The numbers of one tensor as f32 in a direct buffer of its own. */
    ByteBuffer floats(String name) {
        Entry entry = entry(name);
        ByteBuffer source = data.map(entry.begin(), entry.end());
        ByteBuffer floats = ByteBuffer.allocateDirect((int) entry.count() * 4).order(ByteOrder.nativeOrder());
        for (int i = 0; i < entry.count(); i++) {
            floats.putFloat(
                    switch (entry.type()) {
                        case F32 -> source.getFloat();
                        case F16 -> HalfFloat.toFloat(source.getShort());
                        case BF16 -> Float.intBitsToFloat(source.getShort() << 16);
                        case F64, I64, I32, I16, I8, U8, BOOL ->
                            throw notReadable(name, entry.type().name());
                    });
        }
        return floats.flip();
    }

    /** Where the data part begins in its file. */
    private record FileRegions(Path file, long offset) {
        ByteBuffer map(long begin, long end) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, offset + begin, end - begin);
                return mapped.order(ByteOrder.LITTLE_ENDIAN);
            } catch (IOException e) {
                throw new InvalidModelException(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
    }
}
