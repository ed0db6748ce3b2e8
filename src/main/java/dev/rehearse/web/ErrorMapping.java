package dev.rehearse.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.multipart.support.MissingServletRequestPartException;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.NoHandlerFoundException;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import org.springframework.web.util.DisconnectedClientHelper;

/** The one map from an exception to a status and OpenAI's error envelope. Stateless; any thread. */
@RestControllerAdvice
final class ErrorMapping {
    private static final Logger log = LoggerFactory.getLogger(ErrorMapping.class);
    private static final long LONGEST_WAIT_OF_A_CLIENT_SECONDS = 30;

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> api(ApiException e) {
        HttpHeaders headers = new HttpHeaders();
        e.headers().forEach(headers::set);
        if (e.retryAfter() != null) {
            long millis = Math.max(1, e.retryAfter().toMillis());
            long seconds = (millis + 999) / 1000;
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
            headers.set("retry-after-ms", Long.toString(millis));
            if (seconds > LONGEST_WAIT_OF_A_CLIENT_SECONDS) {
                // a client library would sleep that long inside a call, or retry much too early
                headers.set("x-should-retry", "false");
            }
        }
        return answer(e.status(), headers, ErrorEnvelope.of(e));
    }

    @ExceptionHandler({NoResourceFoundException.class, NoHandlerFoundException.class})
    ResponseEntity<ErrorEnvelope> unknownRoute(HttpServletRequest request) {
        return invalid(HttpStatus.NOT_FOUND, unknownUrl(request), null, "unknown_url");
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> wrongVerb(HttpRequestMethodNotSupportedException e, HttpServletRequest request) {
        if ("/**".equals(request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE))) {
            return unknownRoute(request); // only the static files answer there, and they know no other verb
        }
        String message = "Not allowed to " + e.getMethod() + " on " + request.getRequestURI() + ". Allowed: "
                + (e.getSupportedHttpMethods() == null ? "nothing" : e.getSupportedHttpMethods()) + ".";
        return answer(
                HttpStatus.METHOD_NOT_ALLOWED,
                e.getHeaders(),
                ErrorEnvelope.invalid(message, null, "method_not_supported"));
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> wrongContentType(HttpMediaTypeNotSupportedException e) {
        String message =
                "Unsupported content type '" + e.getContentType() + "'. Allowed: " + e.getSupportedMediaTypes() + ".";
        return invalid(HttpStatus.UNSUPPORTED_MEDIA_TYPE, message, null, "unsupported_media_type");
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> unreadable(HttpMessageNotReadableException e) {
        String reason = e.getCause() == null
                ? "it is empty"
                : firstLine(e.getMostSpecificCause().getMessage());
        String message = "We could not parse the JSON body of your request: " + reason;
        return invalid(HttpStatus.BAD_REQUEST, message, null, null);
    }

    @ExceptionHandler(InvalidParameterException.class)
    ResponseEntity<ErrorEnvelope> brokenQuery() {
        String message = "We could not read the query of your request: names and values are percent-encoded UTF-8.";
        return invalid(HttpStatus.BAD_REQUEST, message, null, null);
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> missing(MissingServletRequestParameterException e) {
        return missing(e.getParameterName());
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> missing(MissingServletRequestPartException e) {
        return missing(e.getRequestPartName());
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> wrongType(MethodArgumentTypeMismatchException e) {
        Class<?> required = e.getRequiredType();
        String message = "Invalid type for '" + e.getName() + "': expected "
                + (required == null ? "another type" : required.getSimpleName()) + ", but got '" + e.getValue() + "'.";
        return invalid(HttpStatus.BAD_REQUEST, message, e.getName(), "invalid_type");
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> tooLarge(MaxUploadSizeExceededException e) {
        String details = firstLine(e.getMostSpecificCause().getMessage());
        return invalid(HttpStatus.CONTENT_TOO_LARGE, "The upload is too large: " + details + ".", "file", null);
    }

    @ExceptionHandler
    ResponseEntity<ErrorEnvelope> brokenUpload(MultipartException e) {
        if (DiskFull.isCauseOf(e)) {
            return noRoom(e);
        }
        String message = "The multipart body could not be read: "
                + firstLine(e.getMostSpecificCause().getMessage());
        return invalid(HttpStatus.BAD_REQUEST, message, null, null);
    }

    /** Nobody is left to read an answer. */
    @ExceptionHandler
    void clientIsGone(AsyncRequestNotUsableException e) {
        log.debug("client is gone: {}", e.getMessage());
    }

    @ExceptionHandler
    @Nullable
    ResponseEntity<ErrorEnvelope> anythingElse(Exception e, HttpServletRequest request, HttpServletResponse response)
            throws Exception {
        if (DisconnectedClientHelper.isClientDisconnectedException(e)) {
            log.debug("client is gone: {}", e.toString());
            return null;
        }
        if (DiskFull.isCauseOf(e) && !response.isCommitted()) {
            return noRoom(e);
        }
        if (e instanceof ErrorResponse known && known.getStatusCode().is4xxClientError()) {
            String detail = known.getBody().getDetail();
            HttpStatusCode status = known.getStatusCode();
            String message = detail == null ? "HTTP status " + status.value() : detail;
            return answer(status, known.getHeaders(), ErrorEnvelope.invalid(message, null, null));
        }
        String message = bug(request, e);
        if (response.isCommitted()) {
            throw e; // the container then cuts the connection: a part of an answer must not look like the whole
        }
        return answer(HttpStatus.INTERNAL_SERVER_ERROR, new HttpHeaders(), ErrorEnvelope.server(message));
    }

    static String unknownUrl(HttpServletRequest request) {
        return "Unknown request URL: " + request.getMethod() + " " + request.getRequestURI()
                + ". GET /swagger-ui.html lists what there is.";
    }

    /** Puts the reason into the log, and says so. */
    static String bug(HttpServletRequest request, @Nullable Throwable reason) {
        String requestId = RequestIds.of(request);
        Object before = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI); // of a request sent on to /error
        Object uri = before == null ? request.getRequestURI() : before;
        log.error("request {} failed: {} {}", requestId, request.getMethod(), uri, reason);
        return "The server had an error while processing your request. Its log has the reason under request id "
                + requestId + ".";
    }

    private ResponseEntity<ErrorEnvelope> noRoom(Exception e) {
        log.error("the disk is full: {}", e.toString());
        return api(ApiException.noRoom("The service's disk is full; nothing of the request was kept."));
    }

    private static ResponseEntity<ErrorEnvelope> missing(String name) {
        String message = "Missing required parameter: '" + name + "'.";
        return invalid(HttpStatus.BAD_REQUEST, message, name, "missing_required_parameter");
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "no details" : message.lines().findFirst().orElse("no details");
    }

    private static ResponseEntity<ErrorEnvelope> invalid(
            HttpStatus status, String message, @Nullable String param, @Nullable String code) {
        return answer(status, new HttpHeaders(), ErrorEnvelope.invalid(message, param, code));
    }

    /** The content type is set here, so no Accept header can turn an error into another error. */
    private static ResponseEntity<ErrorEnvelope> answer(
            HttpStatusCode status, HttpHeaders headers, ErrorEnvelope envelope) {
        return ResponseEntity.status(status)
                .headers(headers)
                .contentType(MediaType.APPLICATION_JSON)
                .body(envelope);
    }
}
