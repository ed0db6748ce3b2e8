package dev.rehearse.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainedTokenizerTest {
    @TempDir
    Path directory;

    @Test
    void bpeRoundTripsAnyTextUpToNormalForm() {
        Random random = new Random(11);
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            for (int i = 0; i < 3_000; i++) {
                String text = RandomTexts.assigned(random, 25);
                assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(TextCleaning.normalize(text, false));
            }
        }
    }

    @Test
    void charRoundTripsAnyTextOfCharactersItHasSeen() {
        Random random = new Random(12);
        List<String> texts = IntStream.range(0, 300)
                .mapToObj(i -> RandomTexts.assigned(random, 25))
                .toList();
        try (Tokenizer tokenizer =
                Trained.tokenizer(directory, new TokenizerSpec(TokenizerKind.CHAR, 100_000, false), texts)) {
            for (String text : texts) {
                String normal = TextCleaning.normalize(text, false);
                int[] ids = tokenizer.encode(text);
                assertThat(ids).hasSize(normal.codePointCount(0, normal.length()));
                assertThat(tokenizer.decode(ids)).isEqualTo(normal);
            }
        }
    }

    @Test
    void bpeLowersLikeTheTrainer() {
        Random random = new Random(13);
        try (Tokenizer tokenizer =
                Trained.tokenizer(directory, new TokenizerSpec(TokenizerKind.BPE, 300, true), Trained.CORPUS)) {
            for (int i = 0; i < 2_000; i++) {
                String text = RandomTexts.assigned(random, 25);
                assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(TextCleaning.normalize(text, true));
            }
        }
    }

    @Test
    void bpeIdsAreWhatItsMergesSay() throws IOException {
        Random random = new Random(14);
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            JsonObject model = model();
            for (int i = 0; i < 500; i++) {
                String text = TextCleaning.normalize(
                        RandomTexts.assigned(random, 8) + Trained.CORPUS.get(random.nextInt(Trained.CORPUS.size())),
                        false);
                int[] expected = BpeTrainer.WORD
                        .matcher(text)
                        .results()
                        .map(MatchResult::group)
                        .flatMapToInt(word -> Arrays.stream(mergedByHand(model, word)))
                        .toArray();
                assertThat(tokenizer.encode(text)).as(text).containsExactly(expected);
            }
        }
    }

    @Test
    void bpeLearnsLongTokensAndFillsTheVocabulary() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(290);
            assertThat(tokenizer.encode(" the")).hasSize(1);
            assertThat(tokenizer.encode("你好")).hasSizeLessThan(6);
        }
    }

    @Test
    void theLibraryDecodesAsWeDo() throws IOException {
        Random random = new Random(15);
        try (Tokenizer tokenizer = Trained.bpe(directory);
                HuggingFaceTokenizer library = HuggingFaceTokenizer.newInstance(directory.resolve("tokenizer.json"))) {
            for (int i = 0; i < 2_000; i++) {
                int[] ids = random.ints(random.nextInt(12), 0, tokenizer.vocabularySize())
                        .toArray();
                assertThat(tokenizer.decode(ids))
                        .isEqualTo(
                                library.decode(Arrays.stream(ids).asLongStream().toArray(), true));
            }
        }
    }

    @Test
    void wordsAreJoinedByOneSpace() {
        try (Tokenizer tokenizer = Trained.tokenizer(
                directory, new TokenizerSpec(TokenizerKind.WORD, 50, false), List.of("HH AH L OW", "AH T"))) {
            int[] ids = tokenizer.encode(" HH\tAH\n\nL  OW ");
            assertThat(ids).hasSize(4);
            assertThat(tokenizer.decode(ids)).isEqualTo("HH AH L OW");
        }
    }

    @Test
    void rareWordsAreUnknownAndDecodeToNothing() {
        try (Tokenizer tokenizer =
                Trained.tokenizer(directory, new TokenizerSpec(TokenizerKind.WORD, 8, false), List.of("a a a b b c"))) {
            assertThat(tokenizer.encode("a b c")).containsExactly(6, 7, SpecialToken.UNKNOWN.id());
            assertThat(tokenizer.decode(tokenizer.encode("a c b"))).isEqualTo("a b");
        }
    }

    @Test
    void wordsReadThePronunciationData() throws IOException {
        List<String> rows = Files.readAllLines(
                Path.of("src/examples/pronunciation/reinforcement-train.jsonl"), StandardCharsets.UTF_8);
        List<String> references = rows.stream()
                .map(row -> JsonParser.parseString(row)
                        .getAsJsonObject()
                        .get("reference")
                        .getAsString())
                .toList();
        try (Tokenizer tokenizer =
                Trained.tokenizer(directory, new TokenizerSpec(TokenizerKind.WORD, 100, false), references)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(SpecialToken.values().length + 39);
            assertThat(references)
                    .allSatisfy(phonemes -> assertThat(tokenizer.decode(tokenizer.encode(phonemes)))
                            .isEqualTo(phonemes));
        }
    }

    @ParameterizedTest
    @EnumSource
    void specialTokensHaveTheFirstIdsInOrder(TokenizerKind kind) {
        try (Tokenizer tokenizer = Trained.tokenizer(directory, new TokenizerSpec(kind, 400, false), Trained.CORPUS)) {
            for (SpecialToken special : SpecialToken.values()) {
                assertThat(tokenizer.specialId(special.spelling())).isEqualTo(special.id());
                assertThat(tokenizer.token(special.id())).isEqualTo(special.spelling());
            }
            assertThat(tokenizer.endId()).isEqualTo(2);
            assertThat(tokenizer.padId()).isZero();
            assertThat(tokenizer.prefix()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void textNeverSpellsASpecialToken(TokenizerKind kind) {
        try (Tokenizer tokenizer = Trained.tokenizer(directory, new TokenizerSpec(kind, 400, false), Trained.CORPUS)) {
            for (SpecialToken special : SpecialToken.values()) {
                for (String text : List.of(
                        special.spelling(), "a " + special.spelling() + " b", "x" + special.spelling() + "\n")) {
                    assertThat(tokenizer.encode(text)).isNotEmpty();
                    assertThat(Arrays.stream(tokenizer.encode(text)).filter(tokenizer::isSpecial))
                            .allMatch(id -> id == SpecialToken.UNKNOWN.id());
                }
            }
        }
    }

    @Test
    void bpeKeepsSpecialSpellingsAsText() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            String text = "a<|end|><|assistant|> b <|unk|><|pad|>";
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void loneSurrogatesAreReplacedAndSpareTheRestOfTheText() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            assertThat(tokenizer.decode(tokenizer.encode("👍\uD83D你"))).isEqualTo("👍\uFFFD你");
        }
    }

    @ParameterizedTest
    @EnumSource
    void emptyTextHasNoTokens(TokenizerKind kind) {
        try (Tokenizer tokenizer =
                Trained.tokenizer(directory, new TokenizerSpec(kind, 400, false), List.of("", "\n\n", ""))) {
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.decode(new int[0])).isEmpty();
        }
    }

    @Test
    void longTextsAreNotCut() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            String text = "fox 你 ".repeat(20_000);
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void bytesOfTokensAddUpToTheText() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            String text = "fox 你好 👩‍👧";
            String joined = Arrays.stream(tokenizer.encode(text))
                    .mapToObj(id -> new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1))
                    .collect(Collectors.joining());
            assertThat(new String(joined.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                    .isEqualTo(text);
        }
    }

    @Test
    void aPartOfACharacterShowsAsReplacement() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            int[] ids = tokenizer.encode("\u0416");
            assertThat(tokenizer.token(ids[0])).isEqualTo("\uFFFD");
            assertThat(tokenizer.bytes(ids[0])).containsExactly(0xD0);
            assertThat(tokenizer.token(tokenizer.encode(" the")[0])).isEqualTo(" the");
        }
    }

    @Test
    void idsOutsideTheVocabularyArePassedOver() {
        try (Tokenizer tokenizer = Trained.bpe(directory)) {
            assertThat(tokenizer.decode(new int[] {-1, 6 + 'a', 100_000})).isEqualTo("a");
            assertThat(tokenizer.token(100_000)).isEmpty();
        }
    }

    @Test
    void theSameTextsInAnotherOrderGiveTheSameFiles(@TempDir Path other) throws IOException {
        Trained.bpe(directory).close();
        TokenizerSpec spec = new TokenizerSpec(TokenizerKind.BPE, 290, false);
        List<String> reversed = IntStream.range(0, Trained.CORPUS.size())
                .mapToObj(i -> Trained.CORPUS.get(Trained.CORPUS.size() - 1 - i))
                .toList();
        Trained.tokenizer(other, spec, reversed).close();
        for (String file : List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")) {
            assertThat(other.resolve(file)).hasSameTextualContentAs(directory.resolve(file));
        }
    }

    @Test
    void encodingAfterCloseThrowsAndClosingTwiceIsHarmless() {
        Tokenizer tokenizer = Trained.bpe(directory);
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.encode("a")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void threadsMayEncodeUntilItIsClosed() throws Exception {
        Tokenizer tokenizer = Trained.bpe(directory);
        String text = Trained.CORPUS.get(0);
        int[] expected = tokenizer.encode(text);
        CountDownLatch underWay = new CountDownLatch(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        Callable<Void> encoding = () -> {
            for (int i = 0; ; i++) {
                assertThat(tokenizer.encode(text)).containsExactly(expected);
                if (i == 50) {
                    underWay.countDown();
                }
            }
        };
        List<Future<Void>> all =
                Stream.generate(() -> encoding).limit(4).map(threads::submit).toList();
        underWay.await();
        tokenizer.close();
        threads.shutdown();
        assertThat(all)
                .allSatisfy(future -> assertThatThrownBy(future::get)
                        .hasCauseInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("the tokenizer is closed"));
    }

    @Test
    void aVocabularyTooSmallForTheBytesIsRefused() {
        assertThatThrownBy(() -> new TokenizerSpec(TokenizerKind.BPE, 261, false))
                .hasMessage("vocabulary size of a bpe tokenizer must be 262 to 1000000, not 261");
    }

    private JsonObject model() throws IOException {
        return JsonParser.parseString(Files.readString(directory.resolve("tokenizer.json")))
                .getAsJsonObject()
                .getAsJsonObject("model");
    }

    /** Applies every merge in order of learning to the whole word: slow, and with the same result as picking the oldest each time. */
    private static int[] mergedByHand(JsonObject model, String word) {
        Map<String, Integer> vocabulary = model.getAsJsonObject("vocab").entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().getAsInt()));
        int[] symbols = IntStream.range(0, word.getBytes(StandardCharsets.UTF_8).length)
                .map(i -> 6 + (word.getBytes(StandardCharsets.UTF_8)[i] & 0xFF))
                .toArray();
        for (var merge : model.getAsJsonArray("merges")) {
            String[] parts = merge.getAsString().split(" ");
            BpeTrainer.Pair pair = new BpeTrainer.Pair(vocabulary.get(parts[0]), vocabulary.get(parts[1]));
            symbols = BpeTrainer.merge(symbols, pair, vocabulary.get(parts[0] + parts[1]));
        }
        return symbols;
    }
}
