package dev.rehearse.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Learns a vocabulary from texts and writes it as a Hugging Face tokenizer: tokenizer.json, tokenizer_config.json and
 * special_tokens_map.json. The files depend on how often what occurs, not on the order of the texts. Confined to one thread.
 */
public final class TokenizerTrainer {
    private static final Pattern BETWEEN_SPACE = Pattern.compile("\\S+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Comparator<Map.Entry<String, Long>> MOST_FREQUENT_FIRST =
            Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey());

    private final TokenizerSpec spec;

    public TokenizerTrainer(TokenizerSpec spec) {
        this.spec = spec;
    }

    /**
     * @param texts message contents, read once; the stream is not closed
     * @param longestText (tokens) what the network has positions for, written as model_max_length
     * @param directory exists; files of the same names are replaced
     */
    public void train(Stream<String> texts, int longestText, Path directory) throws IOException {
        Map<String, Long> counts = new HashMap<>();
        texts.map(text -> TextCleaning.normalize(text, spec.lowercase()))
                .forEach(text -> units(text).forEach(unit -> counts.merge(unit, 1L, Long::sum)));
        TokenizerJson json = new TokenizerJson(spec);
        int learned = spec.vocabularySize() - SpecialToken.values().length;
        json.write(
                switch (spec.kind()) {
                    case BPE -> json.bpe(BpeTrainer.train(counts, learned));
                    case WORD, CHAR -> json.wordLevel(mostFrequent(counts, learned));
                },
                longestText,
                directory);
    }

    private Stream<String> units(String text) {
        return switch (spec.kind()) {
            case WORD -> BETWEEN_SPACE.matcher(text).results().map(MatchResult::group);
            case CHAR -> text.codePoints().mapToObj(Character::toString);
            case BPE -> BpeTrainer.WORD.matcher(text).results().map(MatchResult::group);
        };
    }

    /** A word that is spelled like a special token gets no id of its own: it could not be told apart. */
    private static List<String> mostFrequent(Map<String, Long> counts, int size) {
        for (SpecialToken special : SpecialToken.values()) {
            counts.remove(special.spelling());
        }
        List<Map.Entry<String, Long>> entries = new ArrayList<>(counts.entrySet());
        entries.sort(MOST_FREQUENT_FIRST);
        return entries.stream().limit(size).map(Map.Entry::getKey).toList();
    }
}
