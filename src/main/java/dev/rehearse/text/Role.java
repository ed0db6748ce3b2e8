package dev.rehearse.text;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Who speaks in a dialogue, spelled on the wire in lower case. Immutable. */
public enum Role {
    SYSTEM,
    DEVELOPER,
    USER,
    ASSISTANT,
    TOOL;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** As it stands in JSON, for example {@code "user"}. */
    public String wireName() {
        return wireName;
    }

    /** @throws IllegalArgumentException for anything but the exact wire names */
    public static Role of(String wireName) {
        for (Role role : values()) {
            if (role.wireName.equals(wireName)) {
                return role;
            }
        }
        throw new IllegalArgumentException("role must be one of "
                + Arrays.stream(values()).map(Role::wireName).collect(Collectors.joining(", ")) + ", not '" + wireName
                + "'");
    }
}
