package dev.rehearse.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the tokens of one tokenizer.json spell bytes, read from its {@code decoder}. Immutable.
 *
 * <p>Where a run of byte-fallback tokens is not UTF-8 the tokenizers library replaces the whole run by U+FFFD, also characters it has
 * already shown; here only the ill-formed part is replaced, so that streamed text never has to be taken back.
 *
 * @param byteLevel tokens are written in GPT-2's {@link ByteAlphabet}
 * @param byteFallback a token like {@code <0x0A>} stands for that byte
 * @param spaceMark the character that stands for a space, or none when empty
 * @param dropsFirstSpace a space at the very start of the text was put there by the encoder
 * @param joinsBySpace tokens are words with one space between them
 */
record TokenSpelling(
        boolean byteLevel, boolean byteFallback, String spaceMark, boolean dropsFirstSpace, boolean joinsBySpace) {
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");
    private static final TokenSpelling PLAIN = new TokenSpelling(false, false, "", false, false);

    byte[] bytes(String token) {
        if (byteLevel) {
            return ByteAlphabet.bytes(token);
        }
        if (byteFallback && BYTE_TOKEN.matcher(token).matches()) {
            return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
        }
        String text = spaceMark.isEmpty() ? token : token.replace(spaceMark, " ");
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** @throws IllegalArgumentException if the decoder has a step that is not known here */
    static TokenSpelling of(@Nullable JsonElement decoder) {
        if (decoder == null || decoder.isJsonNull()) {
            return new TokenSpelling(false, false, "", false, true);
        }
        return PLAIN.with(decoder.getAsJsonObject());
    }

    private TokenSpelling with(JsonObject step) {
        String type = step.get("type").getAsString();
        return switch (type) {
            case "Sequence" -> {
                TokenSpelling all = this;
                for (JsonElement inner : step.getAsJsonArray("decoders")) {
                    all = all.with(inner.getAsJsonObject());
                }
                yield all;
            }
            case "ByteLevel" -> new TokenSpelling(true, byteFallback, spaceMark, dropsFirstSpace, joinsBySpace);
            case "ByteFallback" -> new TokenSpelling(byteLevel, true, spaceMark, dropsFirstSpace, joinsBySpace);
            case "Fuse" -> this;
            case "Strip" ->
                new TokenSpelling(
                        byteLevel,
                        byteFallback,
                        spaceMark,
                        dropsFirstSpace || step.get("start").getAsInt() > 0,
                        joinsBySpace);
            case "Replace" -> marked(replacedMark(step), dropsFirstSpace);
            case "Metaspace" -> marked(step.get("replacement").getAsString(), prepends(step));
            default ->
                throw new IllegalArgumentException("decoder '" + type
                        + "' is not supported; ByteLevel, Metaspace, ByteFallback, Replace, Strip and Fuse are");
        };
    }

    private TokenSpelling marked(String mark, boolean prepended) {
        return new TokenSpelling(byteLevel, byteFallback, mark, prepended, joinsBySpace);
    }

    private static String replacedMark(JsonObject step) {
        JsonElement literal = step.getAsJsonObject("pattern").get("String");
        if (literal == null || !step.get("content").getAsString().equals(" ")) {
            throw new IllegalArgumentException(
                    "decoder Replace is supported for a literal mark and a space, not " + step);
        }
        return literal.getAsString();
    }

    private static boolean prepends(JsonObject metaspace) {
        JsonElement scheme = metaspace.get("prepend_scheme");
        JsonElement legacy = metaspace.get("add_prefix_space");
        return scheme != null ? !scheme.getAsString().equals("never") : legacy == null || legacy.getAsBoolean();
    }
}
