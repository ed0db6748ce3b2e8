package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    @TempDir
    private Path directory;

    private Path file(String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return file(json.length, json, data);
    }

    private Path file(long claimed, byte[] json, byte[] data) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(claimed).put(json).put(data);
        return Files.write(directory.resolve("model.safetensors"), bytes.array());
    }

    /** A header of the one tensor "x". */
    private static String tensor(String dtype, String shape, String offsets) {
        return "{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
    }

    private static float[] floats(Safetensors file, String name) {
        ByteBuffer bytes = file.floats(name);
        float[] numbers = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(numbers);
        return numbers;
    }

    private static byte[] shorts(int... halves) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * halves.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int half : halves) {
            bytes.putShort((short) half);
        }
        return bytes.array();
    }

    private String refusal(Path file) {
        return assertThrows(InvalidModelException.class, () -> Safetensors.open(file))
                .getMessage();
    }

    private Path written() throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("a", new long[] {2, 3});
        shapes.put("scalar", new long[] {});
        shapes.put("none", new long[] {0, 4});
        shapes.put("b", new long[] {1});
        Map<String, float[]> numbers = Map.of(
                "a", new float[] {1, -2, Float.MIN_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, -0f},
                "scalar", new float[] {7},
                "none", new float[] {},
                "b", new float[] {0.5f});
        Path file = directory.resolve("written.safetensors");
        SafetensorsWriter.write(file, shapes, numbers::get);
        return file;
    }

    @Test
    void whatIsWrittenIsReadBitForBit() throws IOException {
        Safetensors file = Safetensors.open(written());
        assertEquals(4, file.entries().size());
        assertArrayEquals(new long[] {2, 3}, file.entries().get("a").shape());
        assertArrayEquals(new long[] {}, file.entries().get("scalar").shape());
        assertArrayEquals(
                new float[] {1, -2, Float.MIN_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, -0f}, floats(file, "a"));
        assertArrayEquals(new float[] {7}, floats(file, "scalar"));
        assertArrayEquals(new float[] {}, floats(file, "none"));
        assertArrayEquals(new float[] {0.5f}, floats(file, "b"));
    }

    @Test
    void theDataOfAWrittenFileBeginsAtAMultipleOfEight() throws IOException {
        for (int length = 1; length <= 16; length++) {
            Path file = directory.resolve(length + ".safetensors");
            String name = "n".repeat(length);
            SafetensorsWriter.write(file, Map.of(name, new long[] {1}), any -> new float[] {3});
            byte[] bytes = Files.readAllBytes(file);
            long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
            assertEquals(0, header % 8, name);
            assertEquals(bytes.length, 8 + header + 4, name);
            assertArrayEquals(new float[] {3}, floats(Safetensors.open(file), name));
        }
    }

    @Test
    void aWrittenFileIsNeverWrittenOver() throws IOException {
        Path file = written();
        assertThrows(
                java.nio.file.FileAlreadyExistsException.class,
                () -> SafetensorsWriter.write(file, Map.of(), name -> new float[0]));
    }

    @Test
    void aFileCutShortAnywhereIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(written());
        Path cut = directory.resolve("cut.safetensors");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            refusal(cut);
        }
    }

    @Test
    void halvesAreWidened() throws IOException {
        byte[] data = shorts(0x3c00, 0x0001, 0x03ff, 0x8000, 0x7c00, 0xfc00, 0x7bff);
        Safetensors file = Safetensors.open(file(tensor("F16", "[7]", "[0,14]"), data));
        assertArrayEquals(
                new float[] {1, 0x1p-24f, 0x1.ff8p-15f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 65_504},
                floats(file, "x"));
    }

    @Test
    void brainFloatsAreTheUpperHalvesOfFloats() throws IOException {
        byte[] data = shorts(0x3f80, 0x0001, 0x8000, 0x7f80, 0xff80, 0xc049);
        Safetensors file = Safetensors.open(file(tensor("BF16", "[2,3]", "[0,12]"), data));
        assertArrayEquals(
                new float[] {1, 0x1p-133f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -3.140625f},
                floats(file, "x"));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 1_000, 1L << 40, Long.MIN_VALUE, Long.MAX_VALUE})
    void aHeaderLengthThatCannotBeIsRefused(long claimed) throws IOException {
        Path file = file(claimed, "{}".getBytes(StandardCharsets.UTF_8), new byte[0]);
        assertTrue(refusal(file).contains("the header claims " + claimed + " bytes"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1] | [-4,0]",
                "[1] | [4,0]",
                "[2] | [0,8]",
                "[1] | [4,8]",
                "[1] | [0,9223372036854775807]",
                "[1] | [18446744073709551616,18446744073709551620]",
                "[1] | [0.5,4.5]",
                "[1] | [0]",
                "[1] | [0,4,4]",
                "[1] | {}",
                "[1] | [null,4]",
            })
    void offsetsThatDoNotFitTheFileAreRefused(String shape, String offsets) throws IOException {
        refusal(file(tensor("F32", shape, offsets), new byte[4]));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[2]",
                "[0]",
                "[-1]",
                "[-1,-1]",
                "[4294967296,4294967296]",
                "[9223372036854775807,3]",
                "[9223372036854775807,9223372036854775807]",
                "[18446744073709551617]",
                "[1.5]",
                "[\"one\"]",
                "null",
                "1"
            })
    void aShapeThatDoesNotFitItsBytesIsRefused(String shape) throws IOException {
        refusal(file(tensor("F32", shape, "[0,4]"), new byte[4]));
    }

    @Test
    void aRefusedShapeIsNamed() throws IOException {
        assertEquals(
                "x: shape [2, 3] does not fit 4 bytes", refusal(file(tensor("F32", "[2,3]", "[0,4]"), new byte[4])));
    }

    @Test
    void tensorsThatShareBytesAreRefused() throws IOException {
        String both = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}";
        assertTrue(refusal(file(both, new byte[12])).contains("b"));
    }

    @Test
    void bytesOfNoTensorAreRefused() throws IOException {
        refusal(file(tensor("F32", "[1]", "[0,4]"), new byte[5]));
        refusal(file(tensor("F32", "[1]", "[4,8]"), new byte[8]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"not json", "{\"x\"", "[]", "1", "nu", "{\"x\":1}", "{\"x\":{}}", "{\"x\":{\"dtype\":[]}}"})
    void aHeaderThatIsNoHeaderIsRefused(String header) throws IOException {
        refusal(file(header, new byte[4]));
    }

    @Test
    void anUnknownNumberTypeIsRefusedByName() throws IOException {
        String message = refusal(file(tensor("F8_E5M2", "[4]", "[0,4]"), new byte[4]));
        assertTrue(message.startsWith("x: dtype is F8_E5M2"), message);
    }

    /** GPT-2 files of older libraries hold attention masks as U8 or BOOL, which nobody reads. */
    @Test
    void aTensorOfNoFloatsHindersOnlyWhoReadsIt() throws IOException {
        String both = "{\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]},"
                + "\"x\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[3,5]}}";
        Safetensors file = Safetensors.open(file(both, new byte[] {1, 1, 0, 0, 0x3c}));
        assertArrayEquals(new float[] {1}, floats(file, "x"));
        String message = assertThrows(InvalidModelException.class, () -> file.floats("mask"))
                .getMessage();
        assertEquals("mask: dtype is BOOL; allowed: F32, F16, BF16", message);
    }

    @Test
    void aTensorThatIsNotThereIsNamed() throws IOException {
        Safetensors file = Safetensors.open(written());
        String message = assertThrows(InvalidModelException.class, () -> file.floats("c"))
                .getMessage();
        assertEquals("c is missing; present: [a, scalar, none, b]", message);
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        refusal(directory.resolve("nothing.safetensors"));
    }
}
