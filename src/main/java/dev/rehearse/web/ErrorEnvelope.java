package dev.rehearse.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** The body of every answer other than success; all four keys are always there. Immutable. */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ErrorEnvelope(Details error) {
    /** What went wrong, in OpenAI's terms. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Details(
            String message,
            String type,
            @Nullable String param,
            @Nullable String code) {}

    public static ErrorEnvelope of(ApiException e) {
        return new ErrorEnvelope(new Details(e.message(), e.type(), e.param(), e.code()));
    }

    static ErrorEnvelope invalid(String message, @Nullable String param, @Nullable String code) {
        return new ErrorEnvelope(new Details(message, "invalid_request_error", param, code));
    }

    static ErrorEnvelope server(String message) {
        return new ErrorEnvelope(new Details(message, "server_error", null, null));
    }
}
