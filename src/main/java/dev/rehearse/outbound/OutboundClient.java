package dev.rehearse.outbound;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks servers over HTTP/1.1: only those on the list, following no redirect, each within a deadline and each answer
 * within a size.
 *
 * <p>Thread-safe.
 */
public final class OutboundClient {
    private final AllowedHosts allowed;
    private final int maxResponseBytes;
    private final HttpClient client;

    /** @param connectTimeout of the connection alone */
    public OutboundClient(AllowedHosts allowed, int maxResponseBytes, Duration connectTimeout) {
        this.allowed = allowed;
        this.maxResponseBytes = maxResponseBytes;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connectTimeout)
                .build();
    }

    /** What a server said, be it well or not. */
    public record Answer(int status, HttpHeaders headers, String body) {}

    /**
     * Makes one try.
     *
     * @param timeout from connecting to the last byte
     * @throws NoAnswerException when the server must not be asked, or did not answer, or not as allowed; after an
     *     interrupt, with the thread still interrupted
     */
    public Answer send(HttpRequest request, Duration timeout) {
        allowed.check(request.uri());
        CompletableFuture<HttpResponse<byte[]>> exchange =
                client.sendAsync(request, head -> new LimitedBody(maxResponseBytes));
        try {
            HttpResponse<byte[]> response = exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(
                    response.statusCode(), response.headers(), new String(response.body(), StandardCharsets.UTF_8));
        } catch (TimeoutException e) {
            throw new NoAnswerException(
                    "did not answer within " + timeout.toMillis() + " ms", NoAnswerException.Again.MAY_HELP);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            boolean broken = cause instanceof IOException && !isTooLong(cause);
            throw new NoAnswerException(
                    "failed: " + cause, broken ? NoAnswerException.Again.MAY_HELP : NoAnswerException.Again.IN_VAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NoAnswerException("was not waited for", NoAnswerException.Again.IN_VAIN);
        } finally {
            exchange.cancel(true); // nothing where it has ended; closes the connection where it has not
        }
    }

    private static boolean isTooLong(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof LimitedBody.TooLong) {
                return true;
            }
        }
        return false;
    }
}
