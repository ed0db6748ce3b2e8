package dev.rehearse.text;

/** Who speaks. */
public enum Role {
    SYSTEM,
    DEVELOPER,
    USER,
    ASSISTANT,
    TOOL
}
