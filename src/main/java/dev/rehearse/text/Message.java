package dev.rehearse.text;

import java.util.Objects;

/** One turn of a dialogue; the content may be empty. Immutable. */
public record Message(Role role, String content) {
    public Message {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
    }
}
