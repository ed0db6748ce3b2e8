package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.util.ServletRequestPathUtils;

/** Lets in who has the right key, before anything else looks at the request. Thread-safe. */
@Component
@Order(KeyGate.AFTER_REQUEST_IDS)
final class KeyGate extends OncePerRequestFilter {
    static final int AFTER_REQUEST_IDS = Ordered.HIGHEST_PRECEDENCE + 10;
    private static final String SCHEME = "Bearer ";

    private final Keys keys;
    private final OpenDoor openDoor;
    private final HandlerExceptionResolver errors;
    private final Map<KeyId, Allowance> allowances = new ConcurrentHashMap<>();

    KeyGate(Keys keys, OpenDoor openDoor, @Qualifier("handlerExceptionResolver") HandlerExceptionResolver errors) {
        this.keys = keys;
        this.openDoor = openDoor;
        this.errors = errors;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Runnable release;
        try {
            release = enter(request, response);
        } catch (ApiException refusal) {
            errors.resolveException(request, response, null, refusal);
            return;
        }
        try {
            chain.doFilter(request, response);
        } finally {
            if (request.isAsyncStarted()) {
                request.getAsyncContext().addListener(new AtTheEnd(release));
            } else {
                release.run();
            }
        }
    }

    /** What must be run when the request has been answered. */
    private Runnable enter(HttpServletRequest request, HttpServletResponse response) {
        Scope needed = Access.needed(
                request.getMethod(), ServletRequestPathUtils.parse(request).pathWithinApplication());
        if (needed == null) {
            return () -> {};
        }
        if (!keys.areRequired()) {
            openDoor.check(request);
            return () -> {};
        }
        ApiKey key = key(request.getHeader(HttpHeaders.AUTHORIZATION));
        if (!key.may(needed)) {
            throw ApiException.forbidden(
                    "insufficient_permissions",
                    "The API key " + key.id() + " lacks the scope '" + needed.wireName() + "', which "
                            + request.getMethod() + " " + request.getRequestURI() + " needs.");
        }
        Allowance allowance = allowances.compute(
                key.id(),
                (id, known) -> known == null || !known.limits().equals(key.limits())
                        ? new Allowance(key.limits(), System::nanoTime)
                        : known);
        try {
            return allowance.take();
        } finally {
            tell(response, allowance.rate());
        }
    }

    private ApiKey key(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw ApiException.unauthorized(
                    "You didn't provide an API key. Send it in the header 'Authorization: Bearer YOUR_KEY'.");
        }
        return keys.find(authorization.substring(SCHEME.length()).strip())
                .orElseThrow(() -> ApiException.unauthorized("Incorrect API key provided."));
    }

    private static void tell(HttpServletResponse response, Allowance.@Nullable Rate rate) {
        if (rate != null) {
            response.setHeader("x-ratelimit-limit-requests", Integer.toString(rate.limit()));
            response.setHeader("x-ratelimit-remaining-requests", Integer.toString(rate.remaining()));
            response.setHeader("x-ratelimit-reset-requests", rate.untilFull().toSeconds() + "s");
        }
    }

    /** Of an answer that is given after the filters have returned, such as a stream. */
    private record AtTheEnd(Runnable release) implements AsyncListener {
        @Override
        public void onComplete(AsyncEvent event) {
            release.run();
        }

        @Override
        public void onTimeout(AsyncEvent event) {}

        @Override
        public void onError(AsyncEvent event) {}

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this); // a second round drops the listeners of the first
        }
    }
}
