package dev.rehearse.web;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers for errors raised outside controllers, by filters and the servlet container. Stateless; any thread. */
@Hidden
@RestController
final class ErrorPage implements ErrorController {
    @RequestMapping("/error")
    ResponseEntity<ErrorEnvelope> error(HttpServletRequest request) {
        HttpStatus status = status(request);
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .body(envelope(status, request));
    }

    private static ErrorEnvelope envelope(HttpStatus status, HttpServletRequest request) {
        if (status.is5xxServerError()) {
            Object reason = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
            return ErrorEnvelope.server(ErrorMapping.bug(request, reason instanceof Throwable thrown ? thrown : null));
        }
        if (status == HttpStatus.NOT_FOUND) {
            return ErrorEnvelope.invalid("Unknown request URL.", null, "unknown_url");
        }
        Object reason = request.getAttribute(RequestDispatcher.ERROR_MESSAGE);
        String message = reason == null || reason.toString().isBlank() ? status.getReasonPhrase() : reason.toString();
        return ErrorEnvelope.invalid(message, null, null);
    }

    /** Somebody who opens the page itself meets an unknown URL, not an error. */
    private static HttpStatus status(HttpServletRequest request) {
        if (!(request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code)) {
            return HttpStatus.NOT_FOUND;
        }
        HttpStatus status = HttpStatus.resolve(code);
        return status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status;
    }
}
