package dev.rehearse.web;

/** Text that every database can keep: PostgreSQL refuses the character U+0000. Stateless; any thread. */
public final class StorableText {
    private StorableText() {}

    /**
     * The text itself, which is stored or looked up as it is.
     *
     * @throws ApiException 400 naming {@code param} when it cannot be
     */
    public static String require(String param, String text) {
        if (text.indexOf('\0') >= 0) {
            throw ApiException.invalid(
                    "invalid_value", param, "Invalid value for '" + param + "': the character U+0000 is not allowed.");
        }
        return text;
    }

    /** The text for people to read, with U+FFFD for what cannot be stored. */
    public static String readable(String text) {
        return text.replace('\0', '\ufffd');
    }
}
