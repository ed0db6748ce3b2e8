package dev.rehearse.jobs;

import dev.rehearse.grading.GraderCall;
import dev.rehearse.training.SampledReply;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A reply that people may look at, on the wire. Stateless. */
final class SampleView {
    private SampleView() {}

    static Map<String, Object> of(SampledReply reply) {
        Map<String, Object> view = new LinkedHashMap<>();
        if (reply.dialogue().isEmpty()) {
            view.put("prompt", reply.prompt());
        } else {
            view.put(
                    "messages",
                    reply.dialogue().stream()
                            .map(turn -> Map.of("role", turn.role(), "content", turn.content()))
                            .toList());
        }
        view.put("completion", reply.completion());
        view.put("finish_reason", reply.end().name().toLowerCase(Locale.ROOT));
        view.put("reward", reply.grade().score());
        view.put(
                "graders",
                reply.grade().calls().stream().map(SampleView::grader).toList());
        view.put("tokens", reply.tokens().stream().map(SampleView::token).toList());
        return view;
    }

    private static Map<String, @Nullable Object> grader(GraderCall call) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("name", call.name());
        view.put("type", call.type());
        view.put("reward", call.score());
        view.put("error", call.failure() == null ? null : call.failure().problem());
        return view;
    }

    private static Map<String, @Nullable Object> token(SampledReply.Token token) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("token", token.text());
        view.put("logprob", finite(token.logProb()));
        view.put("prior_logprob", finite(token.priorLogProb()));
        Double value = finite(token.value());
        Double q = finite(token.qValue());
        view.put("value", value);
        view.put("q", q);
        view.put("advantage", value == null || q == null ? null : (Double) (q - value));
        return view;
    }

    private static @Nullable Double finite(@Nullable Double number) {
        return number == null || !Double.isFinite(number) ? null : number;
    }
}
