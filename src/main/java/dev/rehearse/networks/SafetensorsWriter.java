package dev.rehearse.networks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.rehearse.networks.Safetensors.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Writes tensors in the safetensors format, one at a time, so that only one is in memory. Stateless. */
final class SafetensorsWriter {
    /** Numbers converted at a time. */
    private static final int PIECE = 1 << 20;

    private SafetensorsWriter() {}

    /** What a tensor of the file is. */
    record Form(Type type, long[] shape) {
        long count() {
            long count = 1;
            for (long side : shape) {
                count *= side;
            }
            return count;
        }
    }

    /** Writes and syncs a new file of f32 tensors; as the other method. */
    static void write(Path file, Map<String, long[]> shapes, Function<String, float[]> numbers) throws IOException {
        Map<String, Form> forms = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> forms.put(name, new Form(Type.F32, shape)));
        writeForms(file, forms, numbers);
    }

    /**
     * Writes and syncs a new file.
     *
     * @param forms by name, in the order they are written
     * @param numbers the numbers of a name, in row-major order; its type holds each of them
     */
    static void writeForms(Path file, Map<String, Form> forms, Function<String, float[]> numbers) throws IOException {
        byte[] header = header(forms);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(header.length).flip());
            writeFully(channel, ByteBuffer.wrap(header));
            for (Map.Entry<String, Form> tensor : forms.entrySet()) {
                Type type = tensor.getValue().type();
                float[] values = numbers.apply(tensor.getKey());
                for (int from = 0; from < values.length; from += PIECE) {
                    float[] piece = Arrays.copyOfRange(values, from, Math.min(values.length, from + PIECE));
                    ByteBuffer bytes =
                            ByteBuffer.allocate(piece.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
                    type.put(bytes, piece);
                    writeFully(channel, bytes.flip());
                }
            }
            channel.force(true);
        }
    }

    /** The header, padded with spaces so that the data begins at a multiple of 8. */
    private static byte[] header(Map<String, Form> forms) {
        JsonObject header = new JsonObject();
        JsonObject metadata = new JsonObject();
        metadata.addProperty("format", "pt");
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Map.Entry<String, Form> tensor : forms.entrySet()) {
            Form form = tensor.getValue();
            JsonObject description = new JsonObject();
            description.addProperty("dtype", form.type().name());
            JsonArray shape = new JsonArray();
            for (long side : form.shape()) {
                shape.add(side);
            }
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += form.type().bytes() * form.count();
            offsets.add(offset);
            description.add("shape", shape);
            description.add("data_offsets", offsets);
            header.add(tensor.getKey(), description);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[(json.length + 7) / 8 * 8];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
