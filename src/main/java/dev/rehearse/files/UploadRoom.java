package dev.rehearse.files;

import dev.rehearse.web.ApiException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Refuses an upload that says how long it is and for which the disk has no room, before a byte of it is read. Thread-safe.
 */
@Component
final class UploadRoom extends OncePerRequestFilter {
    private final FileFolder folder;
    private final MultipartConfigElement limits;
    private final HandlerExceptionResolver errors;

    UploadRoom(
            FileFolder folder,
            MultipartConfigElement limits,
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver errors) {
        this.folder = folder;
        this.limits = limits;
        this.errors = errors;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        String type = Objects.requireNonNullElse(request.getContentType(), "");
        boolean tooLarge = request.getContentLengthLong() > limits.getMaxRequestSize(); // refused for that
        return tooLarge || !type.toLowerCase(Locale.ROOT).startsWith("multipart/");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        long free = Files.getFileStore(folder.incoming()).getUsableSpace();
        if (request.getContentLengthLong() > free) {
            ApiException refusal = ApiException.noRoom("The upload has " + request.getContentLengthLong()
                    + " bytes, and the service's disk has " + free + " left.");
            errors.resolveException(request, response, null, refusal);
            return;
        }
        chain.doFilter(request, response);
    }
}
