package dev.rehearse.networks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Function;

/** Writes f32 tensors in the safetensors format, one at a time, so that only one is in memory. Stateless. */
final class SafetensorsWriter {
    private SafetensorsWriter() {}

    /**
     * Writes and syncs a new file.
     *
     * @param shapes names and shapes, in the order they are written
     * @param numbers the f32 numbers of a name, in row-major order
     */
    static void write(Path file, Map<String, long[]> shapes, Function<String, float[]> numbers) throws IOException {
        byte[] header = header(shapes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(header.length).flip());
            writeFully(channel, ByteBuffer.wrap(header));
            for (String name : shapes.keySet()) {
                float[] values = numbers.apply(name);
                ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                writeFully(channel, bytes);
            }
            channel.force(true);
        }
    }

    /** The header, padded with spaces so that the data begins at a multiple of 8. */
    private static byte[] header(Map<String, long[]> shapes) {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        metadata.addProperty("format", "pt");
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
            JsonObject description = new JsonObject();
            description.addProperty("dtype", "F32");
            JsonArray shape = new JsonArray();
            long count = 1;
            for (long side : tensor.getValue()) {
                shape.add(side);
                count *= side;
            }
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += 4 * count;
            offsets.add(offset);
            description.add("shape", shape);
            description.add("data_offsets", offsets);
            header.add(tensor.getKey(), description);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[(json.length + 7) / 8 * 8];
        java.util.Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
