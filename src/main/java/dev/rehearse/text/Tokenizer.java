package dev.rehearse.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids and back, by the tokenizer.json of a model directory: ours or any byte-level or byte-fallback BPE (GPT-2, Llama,
 * Qwen, SmolLM). Text never spells a special token: {@code "<|end|>"} in a message is ordinary characters to the model.
 *
 * <p>May be called from any thread; {@link #close} waits for encodings in progress, and encoding afterwards throws.
 */
public final class Tokenizer implements AutoCloseable {
    /** The library would cut at 512 tokens by default. */
    private static final Map<String, String> UNBOUNDED = Map.of(
            "truncation", "do_not_truncate", "padding", "do_not_pad", "maxLength", String.valueOf(Integer.MAX_VALUE));

    private final HuggingFaceTokenizer encoder;
    private final Map<String, Integer> vocabulary;
    private final TokenSpelling spelling;
    /** By id; the empty string where the vocabulary has a gap. */
    private final String[] tokens;

    private final BitSet special = new BitSet();
    private final int endId;
    private final int padId;
    private final @Nullable String chatTemplate;
    /** Guards {@link #encoder}'s native memory: encoding reads it, closing frees it. */
    private final ReadWriteLock life = new ReentrantReadWriteLock();

    private boolean closed;

    private Tokenizer(TokenizerDirectory directory) throws IOException {
        vocabulary = directory.vocabulary();
        spelling = directory.spelling();
        endId = directory.endId();
        padId = directory.padId();
        chatTemplate = directory.chatTemplate();
        tokens = new String
                [1 + vocabulary.values().stream().mapToInt(id -> id).max().orElse(endId)];
        Arrays.fill(tokens, "");
        vocabulary.forEach((token, id) -> tokens[id] = token);
        directory.special().forEach(token -> special.set(specialId(vocabulary, token)));
        byte[] json = directory.plainTokenizer().getBytes(StandardCharsets.UTF_8);
        encoder = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), UNBOUNDED);
    }

    /**
     * Reads tokenizer.json and, for the end and pad tokens, tokenizer_config.json, generation_config.json and config.json, in this
     * order.
     *
     * @throws UnusableTokenizerException if a file is missing or broken, or its kind is not supported
     */
    public static Tokenizer open(Path modelDirectory) {
        try {
            return new Tokenizer(new TokenizerDirectory(modelDirectory));
        } catch (IOException | RuntimeException e) {
            throw new UnusableTokenizerException(modelDirectory, String.valueOf(e.getMessage()), e);
        }
    }

    /** No special token is added or recognised; lone surrogates are read as U+FFFD. */
    public int[] encode(String text) {
        return encode(text, false);
    }

    /** Tokens the tokenizer itself puts before a text, such as Llama's {@code <s>}; none for ours. */
    public int[] prefix() {
        String text = "a";
        int[] with = encode(text, true);
        int[] without = encode(text, false);
        for (int start = 0; start + without.length <= with.length; start++) {
            if (Arrays.equals(without, Arrays.copyOfRange(with, start, start + without.length))) {
                return Arrays.copyOf(with, start);
            }
        }
        return new int[0];
    }

    /** Special tokens and ids outside the vocabulary are passed over; broken UTF-8 becomes U+FFFD. */
    public String decode(int[] ids) {
        IncrementalDecoder decoder = incrementalDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.accept(id));
        }
        return text.append(decoder.finish()).toString();
    }

    /** A fresh decoder for one reply. */
    public IncrementalDecoder incrementalDecoder() {
        return new IncrementalDecoder(this, spelling);
    }

    /** Largest id + 1; a network's own table may be larger. */
    public int vocabularySize() {
        return tokens.length;
    }

    public int endId() {
        return endId;
    }

    /** {@link #endId} where the model has no pad token. */
    public int padId() {
        return padId;
    }

    /** The model's own, in transformers' template language; null where it has none. */
    @Nullable
    String chatTemplate() {
        return chatTemplate;
    }

    public boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    public boolean hasSpecial(String token) {
        Integer id = vocabulary.get(token);
        return id != null && special.get(id);
    }

    /** @throws IllegalArgumentException if the model has no special token of this spelling */
    public int specialId(String token) {
        if (!hasSpecial(token)) {
            throw new IllegalArgumentException("the tokenizer has no special token '" + token + "'");
        }
        return specialId(vocabulary, token);
    }

    /** What this token adds to a text, bytes that are no UTF-8 by themselves as U+FFFD; a special token by its spelling. */
    public String token(int id) {
        StringBuilder text = new StringBuilder();
        Utf8Decoder decoder = new Utf8Decoder();
        decoder.accept(bytes(id), text);
        decoder.finish(text);
        return text.toString();
    }

    /** UTF-8 of this token, possibly a part of a character; empty outside the vocabulary. The caller's own copy. */
    public byte[] bytes(int id) {
        if (!isInVocabulary(id)) {
            return new byte[0];
        }
        return isSpecial(id) ? tokens[id].getBytes(StandardCharsets.UTF_8) : spelling.bytes(tokens[id]);
    }

    @Override
    public void close() {
        life.writeLock().lock();
        try {
            closed = true;
            encoder.close();
        } finally {
            life.writeLock().unlock();
        }
    }

    boolean isInVocabulary(int id) {
        return id >= 0 && id < tokens.length && !tokens[id].isEmpty();
    }

    private int[] encode(String text, boolean withPrefix) {
        String wellFormed = TextCleaning.wellFormed(text);
        life.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the tokenizer is closed");
            }
            Encoding encoding = encoder.encode(wellFormed, withPrefix, false);
            return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
        } finally {
            life.readLock().unlock();
        }
    }

    private static int specialId(Map<String, Integer> vocabulary, String token) {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw new IllegalArgumentException("special token '" + token + "' has no id");
        }
        return id;
    }
}
