import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes training, validation and test rows from a pronunciation list; the rule of the split is in README.md beside this file. */
public final class Prepare {
    private static final String SALT = "rehearse/pronunciation/1:";
    private static final int BUCKETS = 53;
    private static final int VALIDATION_BUCKET = 0;
    private static final int TEST_BUCKET = 1;
    /** Of all training words; the others are learned from examples. */
    private static final int FULL_REINFORCEMENT_WORDS = 10_000;

    private Prepare() {}

    private enum Part {
        TRAIN,
        VALIDATION,
        TEST
    }

    /**
     * @param digest SHA-256 of salt and word: decides the part and the place in it
     * @param pronunciations in the order of the list, without repeats
     */
    private record Entry(String word, byte[] digest, List<String> pronunciations) {
        String order() {
            return HexFormat.of().formatHex(digest);
        }

        Part part() {
            int bucket = new BigInteger(1, digest).mod(BigInteger.valueOf(BUCKETS)).intValue();
            return switch (bucket) {
                case VALIDATION_BUCKET -> Part.VALIDATION;
                case TEST_BUCKET -> Part.TEST;
                default -> Part.TRAIN;
            };
        }

        String letters() {
            return word.codePoints().mapToObj(Character::toString).collect(Collectors.joining(" "));
        }

        Stream<String> supervised() {
            return pronunciations.stream()
                    .map(phonemes -> "{\"messages\":[" + message("user", letters()) + ","
                            + message("assistant", phonemes) + "]}");
        }

        Stream<String> reinforcement() {
            String references = pronunciations.stream().map(Prepare::quoted).collect(Collectors.joining(","));
            return Stream.of("{\"messages\":[" + message("user", letters()) + "],\"word\":" + quoted(word)
                    + ",\"reference\":" + quoted(pronunciations.get(0))
                    + ",\"alternative\":" + quoted(pronunciations.get(Math.min(1, pronunciations.size() - 1)))
                    + ",\"references\":[" + references + "]}");
        }
    }

    public static void main(String[] arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean full = words.remove("--full");
        if (words.size() != 2) {
            System.err.println("usage: java Prepare.java [--full] TRAIN_TSV OUT_DIR");
            System.exit(2);
        }
        Map<Part, List<Entry>> parts = read(Path.of(words.get(0))).stream()
                .sorted(Comparator.comparing(Entry::order))
                .collect(Collectors.groupingBy(Entry::part));
        Path out = Files.createDirectories(Path.of(words.get(1)));
        List<Entry> train = parts.getOrDefault(Part.TRAIN, List.of());
        List<Entry> validation = parts.getOrDefault(Part.VALIDATION, List.of());
        List<Entry> test = parts.getOrDefault(Part.TEST, List.of());
        int end = Integer.MAX_VALUE;
        int supervised = full ? train.size() - FULL_REINFORCEMENT_WORDS : 20_000;
        write(out, "supervised-train.jsonl", slice(train, 0, supervised).flatMap(Entry::supervised));
        write(out, "supervised-validation.jsonl", slice(validation, 0, full ? end : 1_000).flatMap(Entry::supervised));
        write(
                out,
                "reinforcement-train.jsonl",
                slice(train, supervised, full ? end : 28_000).flatMap(Entry::reinforcement));
        write(
                out,
                "reinforcement-validation.jsonl",
                slice(validation, 0, full ? end : 500).flatMap(Entry::reinforcement));
        write(out, "test.jsonl", slice(test, 0, full ? end : 1_000).flatMap(Entry::reinforcement));
        parts.forEach((part, entries) -> System.out.println(part + ": " + entries.size() + " words to choose from"));
    }

    private static List<Entry> read(Path list) throws IOException {
        Map<String, List<String>> pronunciations = new LinkedHashMap<>();
        for (String line : Files.readAllLines(list, StandardCharsets.UTF_8)) {
            String[] columns = line.split("\t");
            if (columns.length != 2) {
                throw new IOException("a line is WORD, a tab, phonemes; not '" + line + "'");
            }
            List<String> known =
                    pronunciations.computeIfAbsent(columns[0].toLowerCase(Locale.ROOT), word -> new ArrayList<>());
            if (!known.contains(columns[1])) {
                known.add(columns[1]);
            }
        }
        return pronunciations.entrySet().stream()
                .map(word -> new Entry(word.getKey(), digest(word.getKey()), word.getValue()))
                .toList();
    }

    private static byte[] digest(String word) {
        try {
            return MessageDigest.getInstance("SHA-256").digest((SALT + word).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static Stream<Entry> slice(List<Entry> entries, int from, int to) {
        return entries.stream().limit(to).skip(from);
    }

    private static void write(Path directory, String name, Stream<String> rows) throws IOException {
        String text = rows.map(row -> row + "\n").collect(Collectors.joining());
        Files.writeString(directory.resolve(name), text);
        System.out.println(name + ": " + text.lines().count() + " rows");
    }

    private static String message(String role, String content) {
        return "{\"role\":" + quoted(role) + ",\"content\":" + quoted(content) + "}";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
