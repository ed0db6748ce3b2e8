package dev.rehearse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A word nobody trained on. Immutable.
 *
 * @param messages the conversation to be answered, as it goes on the wire
 * @param graded the pronunciations that the grader compares with
 * @param references every pronunciation that counts as right
 */
record Word(String spelling, JsonNode messages, List<String> graded, List<String> references) {
    private static final JsonMapper JSON = new JsonMapper();

    Word {
        if (graded.isEmpty() || references.isEmpty()) {
            throw new IllegalArgumentException("the word '" + spelling + "' has no pronunciation to compare with");
        }
    }

    /** @throws DemoFailure naming the file, and the line that is no row of a test file */
    static List<Word> read(Path file, int most) {
        List<Word> words = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.limit(most).forEach(line -> words.add(parse(line)));
        } catch (IOException | UncheckedIOException e) {
            throw new DemoFailure("cannot read " + file + "; rehearse.demo.data names the folder of the data");
        } catch (JacksonException | IllegalArgumentException e) {
            throw new DemoFailure(file + ", line " + (words.size() + 1) + ": " + e.getMessage());
        }
        if (words.isEmpty()) {
            throw new DemoFailure(file + " has no words");
        }
        return words;
    }

    private static Word parse(String line) {
        JsonNode row = JSON.readTree(line);
        List<String> references = new ArrayList<>();
        row.path("references").forEach(reference -> references.add(reference.asString()));
        List<String> graded = Stream.of("reference", "alternative")
                .map(field -> row.path(field).asString(""))
                .filter(reference -> !reference.isEmpty())
                .toList();
        return new Word(row.path("word").asString(""), row.path("messages"), graded, references);
    }

    /** How the reply compares with the dictionary. */
    Graded grade(String reply) {
        List<String> said = Phonemes.of(reply);
        List<String> nearest = references.stream()
                .map(Phonemes::of)
                .min(Comparator.comparingInt(reference -> Phonemes.distance(said, reference)))
                .orElseThrow();
        double reward = graded.stream()
                .mapToDouble(reference -> Phonemes.similarity(reply, reference))
                .max()
                .orElseThrow();
        return new Graded(this, String.join(" ", said), Phonemes.distance(said, nearest), nearest.size(), reward);
    }
}
