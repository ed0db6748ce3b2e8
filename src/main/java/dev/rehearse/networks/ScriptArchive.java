package dev.rehearse.networks;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the archive format that libtorch reads modules from: an uncompressed ZIP of source text and a pickled object
 * that holds the module's attributes.
 *
 * <p>The layout is what PyTorch 2.7 writes, not a promised input format: when libtorch is upgraded, the test that loads
 * every script says whether it still holds.
 */
final class ScriptArchive {
    /** The operator set the sources are written against; lower numbers lack {@code gelu(approximate=)}. */
    private static final String OPERATORS_VERSION = "10";

    private ScriptArchive() {}

    /** @param sources text by name: the script itself, and those whose functions it calls */
    static byte[] pack(String name, String type, Map<String, String> sources, Map<String, Object> attributes) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
                store(zip, name + "/data.pkl", object(name, type, attributes));
                store(zip, name + "/constants.pkl", emptyTuple());
                store(zip, name + "/version", (OPERATORS_VERSION + "\n").getBytes(StandardCharsets.UTF_8));
                for (Map.Entry<String, String> source : sources.entrySet()) {
                    byte[] text = source.getValue().getBytes(StandardCharsets.UTF_8);
                    store(zip, name + "/code/__torch__/" + source.getKey() + ".py", text);
                }
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void store(ZipOutputStream zip, String path, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(path);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** Pickle, protocol 2: an object of class {@code __torch__.name.type} whose state is the attributes. */
    private static byte[] object(String name, String type, Map<String, Object> attributes) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(new byte[] {(byte) 0x80, 2});
        out.write(("c__torch__." + name + "\n" + type + "\n").getBytes(StandardCharsets.US_ASCII));
        out.write(new byte[] {')', (byte) 0x81, '}', '('});
        Map<String, Object> state = new TreeMap<>(attributes);
        state.put("training", true);
        for (Map.Entry<String, Object> attribute : state.entrySet()) {
            text(out, attribute.getKey());
            value(out, attribute.getValue());
        }
        out.write(new byte[] {'u', 'b', '.'});
        return bytes.toByteArray();
    }

    private static byte[] emptyTuple() {
        return new byte[] {(byte) 0x80, 2, ')', '.'};
    }

    private static void value(DataOutputStream out, Object value) throws IOException {
        if (value instanceof Boolean flag) {
            out.write(flag ? 0x88 : 0x89);
        } else if (value instanceof Integer number) {
            out.write('J');
            out.writeInt(Integer.reverseBytes(number));
        } else if (value instanceof Double number) {
            out.write('G');
            out.writeDouble(number);
        } else if (value instanceof String string) {
            text(out, string);
        } else {
            throw new IllegalArgumentException(
                    "an attribute is a " + value.getClass() + "; allowed: Boolean, Integer, Double, String");
        }
    }

    private static void text(DataOutputStream out, String value) throws IOException {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeInt(Integer.reverseBytes(utf8.length));
        out.write(utf8);
    }
}
