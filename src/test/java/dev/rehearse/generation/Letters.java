package dev.rehearse.generation;

import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A tokenizer whose tokens are the letters and the space. */
final class Letters {
    private Letters() {}

    static Tokenizer tokenizer(Path directory) throws IOException {
        TokenizerSpec spec = new TokenizerSpec(TokenizerKind.CHAR, 64, false);
        new TokenizerTrainer(spec).train(Stream.of("abcdefghijklmnopqrstuvwxyz "), 64, directory);
        return Tokenizer.open(directory);
    }
}
