package dev.rehearse.completions;

import dev.rehearse.web.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * How prompt and reply share a model's context. Immutable.
 *
 * @param param the field that holds the prompt
 */
record ContextBudget(int contextLength, String param) {
    /**
     * Tokens the reply may have.
     *
     * @param asked what the client asked for, which must fit; null when it left it open
     * @param otherwise what is wanted then, clipped to what fits
     * @throws ApiException 400 {@code context_length_exceeded}
     */
    int replyTokens(int promptTokens, @Nullable Integer asked, int otherwise) {
        int room = contextLength - promptTokens;
        if (room < (asked != null && asked == 0 ? 0 : 1)) {
            throw exceeded("your " + param + " resulted in " + promptTokens
                    + " tokens, which leaves no room for a reply. Please reduce the length of the " + param + ".");
        }
        if (asked == null) {
            return Math.min(room, otherwise);
        }
        if (asked > room) {
            throw exceeded("you requested " + ((long) promptTokens + asked) + " tokens (" + promptTokens + " in the "
                    + param + ", " + asked + " in the completion). Please reduce the length of the " + param
                    + " or of the completion.");
        }
        return asked;
    }

    private ApiException exceeded(String however) {
        return ApiException.invalid(
                "context_length_exceeded",
                param,
                "This model's maximum context length is " + contextLength + " tokens. However, " + however);
    }
}
