package dev.rehearse.text;

import java.util.Random;

/** Strings that find mistakes: every kind of code point, and lone surrogates. */
final class RandomTexts {
    private static final String[] AWKWARD = {
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u0000",
        "'s",
        "'ll",
        "你",
        "好",
        "👩‍👧",
        "👍🏽",
        "e\u0301",
        "\u0301",
        "é",
        "ß",
        "İ",
        "Σ",
        "가",
        "\u1100\u1161",
        "<|end|>",
        "<|user|>",
        "<|",
        "|>",
        "\u00A0",
        "\u3000",
        "\u2028",
        "\uFEFF",
        "\uFFFD",
        "\uFFFF",
        "12",
        "٣",
        "a",
        "b",
        "the ",
        "\u00AD",
        "\uE000"
    };

    private RandomTexts() {}

    static String anything(Random random, int longest) {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(longest);
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(4)) {
                case 0 -> text.append(AWKWARD[random.nextInt(AWKWARD.length)]);
                case 1 -> text.append((char) (' ' + random.nextInt(95)));
                case 2 -> text.append((char) random.nextInt(0x10000));
                default -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
            }
        }
        return text.toString();
    }

    /** Without code points this Java does not know: a newer Unicode may normalise them. */
    static String assigned(Random random, int longest) {
        StringBuilder text = new StringBuilder();
        anything(random, longest).codePoints().filter(Character::isDefined).forEach(text::appendCodePoint);
        return text.toString();
    }
}
