package dev.rehearse.grading;

import dev.rehearse.grading.Services.RewardServers;
import dev.rehearse.outbound.AllowedHosts;
import dev.rehearse.outbound.NoAnswerException;
import dev.rehearse.outbound.OutboundClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks reward servers. A try that is answered with 429 or 5xx, or not at all, is made again after a pause that doubles.
 *
 * <p>Thread-safe. An interrupted wait ends with {@link GraderUnavailable} and the thread still interrupted.
 */
public final class RewardClient implements RewardServers {
    private final Limits limits;
    private final OutboundClient client;

    /**
     * Bounds of one request.
     *
     * @param timeout of one try, from connecting to the last byte, where the grader sets none
     * @param maxResponseBytes longest answer that is read
     * @param attempts tries in all
     * @param backoff pause before the second try; each later one is twice as long, and the server's Retry-After counts
     *     where it is longer, up to {@code timeout}
     */
    public record Limits(
            AllowedHosts allowed, Duration timeout, int maxResponseBytes, int attempts, Duration backoff) {}

    public RewardClient(Limits limits) {
        this.limits = limits;
        client = new OutboundClient(limits.allowed(), limits.maxResponseBytes(), limits.timeout());
    }

    @Override
    public double[] rewards(HttpGrader grader, List<Subject> subjects) {
        byte[] body = RewardJson.request(grader, subjects).getBytes(StandardCharsets.UTF_8);
        HttpRequest.Builder request = HttpRequest.newBuilder(grader.url());
        grader.headers().forEach(request::setHeader);
        request.setHeader("Content-Type", "application/json");
        request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
        Duration timeout = grader.timeout() == null ? limits.timeout() : grader.timeout();
        String answer = send(request.build(), timeout);
        try {
            return RewardJson.rewards(answer, grader, subjects.size());
        } catch (IllegalArgumentException e) {
            throw unavailable(grader.url() + " answered " + e.getMessage());
        }
    }

    private String send(HttpRequest request, Duration timeout) {
        Duration pause = limits.backoff();
        for (int attempt = 1; ; attempt++) {
            Try last = attempt(request, timeout);
            if (last.body() != null) {
                return last.body();
            }
            String problem = request.uri() + " " + last.problem();
            if (!last.again() || attempt >= limits.attempts()) {
                throw unavailable(attempt == 1 ? problem : problem + ", " + attempt + " times");
            }
            sleep(last.retryAfter().compareTo(pause) > 0 ? least(last.retryAfter(), timeout) : pause);
            pause = pause.multipliedBy(2);
        }
    }

    /** How one try came out: a body, or a problem. */
    private record Try(@Nullable String body, String problem, boolean again, Duration retryAfter) {
        static Try failed(String problem, boolean again) {
            return new Try(null, problem, again, Duration.ZERO);
        }
    }

    private Try attempt(HttpRequest request, Duration timeout) {
        try {
            return judged(client.send(request, timeout));
        } catch (NoAnswerException e) {
            return Try.failed(String.valueOf(e.getMessage()), e.again() == NoAnswerException.Again.MAY_HELP);
        }
    }

    private static Try judged(OutboundClient.Answer answer) {
        int status = answer.status();
        if (status / 100 == 2) {
            return new Try(answer.body(), "", false, Duration.ZERO);
        }
        if (status / 100 == 3) {
            String location = answer.headers().firstValue("Location").orElse("elsewhere");
            return Try.failed(
                    "answered " + status + ", a redirect to " + Template.excerpt(location) + " that is not followed",
                    false);
        }
        boolean again = status == 429 || status >= 500;
        String said = Template.excerpt(answer.body());
        return new Try(null, "answered " + status + ": " + said, again, retryAfter(answer.headers()));
    }

    private static Duration retryAfter(HttpHeaders headers) {
        return headers.firstValue("Retry-After")
                .filter(seconds -> seconds.matches("\\d{1,6}"))
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                .orElse(Duration.ZERO);
    }

    private static Duration least(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("was not waited for");
        }
    }

    private static GraderUnavailable unavailable(String problem) {
        return new GraderUnavailable(GradeError.OTHER_ERROR, problem);
    }
}
