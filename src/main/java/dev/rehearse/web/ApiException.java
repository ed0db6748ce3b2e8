package dev.rehearse.web;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** An answer other than success, in the terms of OpenAI's error envelope. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final HttpStatus status;
    private final String type;
    private final @Nullable String code;
    private final @Nullable String param;
    private final @Nullable Duration retryAfter;
    private final Map<String, String> headers = new LinkedHashMap<>();

    private ApiException(
            HttpStatus status,
            String type,
            @Nullable String code,
            @Nullable String param,
            String message,
            @Nullable Duration retryAfter) {
        super(message);
        this.status = status;
        this.type = type;
        this.code = code;
        this.param = param;
        this.retryAfter = retryAfter;
    }

    /** 400: the request cannot be served as it stands. */
    public static ApiException invalid(@Nullable String code, @Nullable String param, String message) {
        return new ApiException(HttpStatus.BAD_REQUEST, "invalid_request_error", code, param, message, null);
    }

    /** 404: what a path or a body names does not exist. */
    public static ApiException notFound(@Nullable String code, @Nullable String param, String message) {
        return new ApiException(HttpStatus.NOT_FOUND, "invalid_request_error", code, param, message, null);
    }

    /** 401: nobody may ask this without a valid API key. */
    public static ApiException unauthorized(String message) {
        return new ApiException(
                        HttpStatus.UNAUTHORIZED, "invalid_request_error", "invalid_api_key", null, message, null)
                .with(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }

    /** 403: it exists, but this must not be done to it, or not by this caller. */
    public static ApiException forbidden(@Nullable String code, String message) {
        return new ApiException(HttpStatus.FORBIDDEN, "permission_error", code, null, message, null);
    }

    /** 413: more bytes than the setting allows. */
    public static ApiException tooLarge(@Nullable String param, String message) {
        return new ApiException(HttpStatus.CONTENT_TOO_LARGE, "invalid_request_error", null, param, message, null);
    }

    /** 416: a part was asked for that the content, of so many bytes, does not have. */
    public static ApiException noSuchRange(String message, long bytes) {
        return new ApiException(
                        HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                        "invalid_request_error",
                        "invalid_range",
                        "Range",
                        message,
                        null)
                .with(HttpHeaders.CONTENT_RANGE, "bytes */" + bytes);
    }

    /** 507: the disk is full; trying again at once does not help. */
    public static ApiException noRoom(String message) {
        return new ApiException(
                        HttpStatus.INSUFFICIENT_STORAGE, "server_error", "insufficient_storage", null, message, null)
                .with("x-should-retry", "false");
    }

    /** 429: a bounded queue is full; clients retry after {@code retryAfter}. */
    public static ApiException busy(String code, String message, Duration retryAfter) {
        return new ApiException(HttpStatus.TOO_MANY_REQUESTS, "rate_limit_error", code, null, message, retryAfter);
    }

    /** 503: not now; clients retry after {@code retryAfter}. */
    public static ApiException unavailable(String code, String message, Duration retryAfter) {
        return new ApiException(HttpStatus.SERVICE_UNAVAILABLE, "server_error", code, null, message, retryAfter);
    }

    private ApiException with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    /** What was wrong, which value, and what is allowed. */
    public String message() {
        return Objects.requireNonNull(getMessage());
    }

    public HttpStatus status() {
        return status;
    }

    public String type() {
        return type;
    }

    public @Nullable String code() {
        return code;
    }

    public @Nullable String param() {
        return param;
    }

    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    /** What the answer's headers say beside. */
    Map<String, String> headers() {
        return headers;
    }
}
