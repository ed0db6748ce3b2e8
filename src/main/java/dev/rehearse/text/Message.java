package dev.rehearse.text;

/** One turn of a conversation. Immutable. */
public record Message(Role role, String content) {}
