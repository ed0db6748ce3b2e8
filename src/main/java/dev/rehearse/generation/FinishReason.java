package dev.rehearse.generation;

/** Why a reply ended. */
public enum FinishReason {
    /** The model chose its end token, or a stop string appeared. */
    STOP,
    /** The token limit of the request or of the model's context was reached. */
    LENGTH
}
