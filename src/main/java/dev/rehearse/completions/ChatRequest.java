package dev.rehearse.completions;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.text.Message;
import dev.rehearse.web.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code POST /v1/chat/completions}. Immutable.
 *
 * @param logProbs what is told beside each token; null when nothing is
 */
record ChatRequest(
        Options options, List<Message> messages, @Nullable LogProbs logProbs) {
    private static final List<String> MUST_BE_EMPTY = List.of("tools", "functions");
    private static final List<String> MUST_BE_ABSENT = List.of("audio", "prediction", "web_search_options");

    ChatRequest {
        messages = List.copyOf(messages);
    }

    /** @throws ApiException 400 naming the field that is missing, wrong or not supported */
    static ChatRequest of(JsonNode json) {
        Fields body = Fields.ofBody(json);
        String model = OptionsReader.model(body);
        MessagesReader messages = MessagesReader.read(body.require("messages"));
        int n = OptionsReader.n(body);
        Integer maxTokens = maxTokens(body);
        Sampling sampling = OptionsReader.sampling(body);
        List<String> stop = OptionsReader.stop(body);
        Delivery delivery = OptionsReader.delivery(body);
        LogProbs logProbs = OptionsReader.logProbs(body, topLogProbs(body));
        refuseWhatIsNotDone(body);
        List<String> ignored = messages.ignored();
        if (body.flag("store")) {
            ignored.add("store");
        }
        ignored.addAll(body.unknown());
        Options options = new Options(model, n, maxTokens, sampling, stop, delivery, ignored);
        return new ChatRequest(options, messages.messages(), logProbs);
    }

    private static @Nullable Integer maxTokens(Fields body) {
        Integer old = body.integer("max_tokens", 1, Integer.MAX_VALUE);
        Integer now = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        if (old != null && now != null && !old.equals(now)) {
            throw ApiException.invalid(
                    "invalid_value",
                    "max_tokens",
                    "'max_tokens' is " + old + " but 'max_completion_tokens' is " + now
                            + ". Allowed: one of them, or both with the same value.");
        }
        return now == null ? old : now;
    }

    private static @Nullable Integer topLogProbs(Fields body) {
        boolean wanted = body.flag("logprobs");
        int top = OptionsReader.orElse(body.integer("top_logprobs", 0, 20), 0);
        if (top > 0 && !wanted) {
            throw ApiException.invalid(
                    "invalid_value", "top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.");
        }
        return wanted ? top : null;
    }

    private static void refuseWhatIsNotDone(Fields body) {
        OptionsReader.settle(body);
        for (String name : MUST_BE_EMPTY) {
            JsonNode value = body.node(name);
            if (value != null && !(value.isArray() && value.isEmpty())) {
                throw Fields.unsupported(name, "Models here call no tools; allowed: an empty array");
            }
        }
        for (String name : MUST_BE_ABSENT) {
            if (body.node(name) != null) {
                throw Fields.unsupported(name, "Only text without tools is supported");
            }
        }
        refuseToolChoice(body, "tool_choice");
        refuseToolChoice(body, "function_call");
        refuseModalities(body);
        refuseResponseFormat(body);
    }

    private static void refuseToolChoice(Fields body, String name) {
        JsonNode choice = body.node(name);
        boolean harmless =
                choice == null || (choice.isString() && List.of("none", "auto").contains(choice.stringValue()));
        if (!harmless) {
            throw Fields.unsupported(name, "Models here call no tools; allowed: none, auto");
        }
    }

    private static void refuseModalities(Fields body) {
        JsonNode modalities = body.node("modalities");
        if (modalities == null) {
            return;
        }
        if (!modalities.isArray()) {
            throw Fields.wrongType("modalities", "an array", modalities);
        }
        for (JsonNode modality : modalities) {
            if (!modality.isString() || !modality.stringValue().equals("text")) {
                throw Fields.unsupported("modalities", "Allowed: [\"text\"]");
            }
        }
    }

    private static void refuseResponseFormat(Fields body) {
        JsonNode format = body.node("response_format");
        if (format == null) {
            return;
        }
        String type = Fields.ofObject(format, "response_format").requireText("type");
        switch (type) {
            case "text" -> {}
            case "json_object", "json_schema" ->
                throw Fields.unsupported(
                        "response_format", "Replies are not constrained to JSON; allowed: {\"type\":\"text\"}");
            default -> throw Fields.outOfRange("response_format.type", type, "text");
        }
    }
}
