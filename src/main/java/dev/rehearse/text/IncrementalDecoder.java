package dev.rehearse.text;

/**
 * Text of one reply as its tokens arrive. No delta ends within a character, and all deltas with {@link #finish} together are {@link
 * Tokenizer#decode} of all ids. Confined to one thread.
 */
public final class IncrementalDecoder {
    private final Tokenizer tokenizer;
    private final TokenSpelling spelling;
    private final Utf8Decoder utf8 = new Utf8Decoder();
    private boolean started;

    IncrementalDecoder(Tokenizer tokenizer, TokenSpelling spelling) {
        this.tokenizer = tokenizer;
        this.spelling = spelling;
    }

    /** Often empty: for special tokens, and while a character is incomplete. */
    public String accept(int id) {
        if (!tokenizer.isInVocabulary(id) || tokenizer.isSpecial(id)) {
            return "";
        }
        StringBuilder delta = new StringBuilder();
        if (started && spelling.joinsBySpace()) {
            delta.append(' ');
        }
        utf8.accept(tokenizer.bytes(id), delta);
        if (!started && spelling.dropsFirstSpace() && delta.indexOf(" ") == 0) {
            delta.deleteCharAt(0);
        }
        started = true;
        return delta.toString();
    }

    /** What was held back for bytes that never came: empty or one U+FFFD. */
    public String finish() {
        StringBuilder delta = new StringBuilder();
        utf8.finish(delta);
        return delta.toString();
    }
}
