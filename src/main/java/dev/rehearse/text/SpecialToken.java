package dev.rehearse.text;

/** The tokens that no text can spell, in our own models; the ordinal is the token id. Immutable. */
public enum SpecialToken {
    PAD("<|pad|>"),
    UNKNOWN("<|unk|>"),
    /** End of a turn, and of the reply. */
    END("<|end|>"),
    SYSTEM("<|system|>"),
    USER("<|user|>"),
    ASSISTANT("<|assistant|>");

    private final String spelling;

    SpecialToken(String spelling) {
        this.spelling = spelling;
    }

    @SuppressWarnings("EnumOrdinal") // the order is that of the ids
    public int id() {
        return ordinal();
    }

    public String spelling() {
        return spelling;
    }
}
