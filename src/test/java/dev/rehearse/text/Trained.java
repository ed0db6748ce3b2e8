package dev.rehearse.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Tokenizers for tests. */
final class Trained {
    static final List<String> CORPUS = List.of(
            "the quick brown fox jumps over the lazy dog",
            "the cat's mat, the dog's log; they'll sit there 12 times",
            "你好，世界。你好！",
            "emoji 👩‍👩‍👧‍👦 and 👍🏽\nand lines\n\n",
            "<|end|> is text here <|user|>");

    private Trained() {}

    static Tokenizer tokenizer(Path directory, TokenizerSpec spec, List<String> texts) {
        try {
            new TokenizerTrainer(spec).train(texts.stream(), 64, directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Tokenizer.open(directory);
    }

    static Tokenizer bpe(Path directory) {
        return tokenizer(directory, new TokenizerSpec(TokenizerKind.BPE, 290, false), CORPUS);
    }
}
