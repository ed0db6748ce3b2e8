package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's {@code chat.completion} and {@code chat.completion.chunk}. Stateless; confined to the writing thread. */
final class ChatWire implements Wire {
    private static final String CHUNK = "chat.completion.chunk";

    private final Envelope envelope;
    private final TokenNames names;
    private final int choices;
    private final boolean logProbs;

    ChatWire(Envelope envelope, TokenNames names, int choices, boolean logProbs) {
        this.envelope = envelope;
        this.names = names;
        this.choices = choices;
        this.logProbs = logProbs;
    }

    @Override
    public ObjectNode whole(List<Completion> replies) {
        ObjectNode answer = envelope.open("chat.completion");
        ArrayNode all = answer.putArray("choices");
        for (int i = 0; i < replies.size(); i++) {
            Completion reply = replies.get(i);
            ObjectNode choice = all.addObject().put("index", i);
            choice.putObject("message")
                    .put("role", "assistant")
                    .put("content", reply.text())
                    .putNull("refusal");
            choice.set("logprobs", logProbs(reply.tokens()));
            choice.put("finish_reason", Envelope.wireName(reply.finishReason()));
        }
        answer.set("usage", envelope.usage(replies));
        return answer;
    }

    @Override
    public List<ObjectNode> opening() {
        return IntStream.range(0, choices)
                .mapToObj(i -> chunk(i, object().put("role", "assistant").put("content", ""), List.of(), null))
                .toList();
    }

    @Override
    public Optional<ObjectNode> prompt(int index, List<GeneratedToken> tokens) {
        return Optional.empty();
    }

    @Override
    public Optional<ObjectNode> more(int index, String text, List<GeneratedToken> tokens) {
        List<GeneratedToken> told = logProbs ? names.spoken(tokens) : List.of();
        return text.isEmpty() && told.isEmpty()
                ? Optional.empty()
                : Optional.of(chunk(index, object().put("content", text), told, null));
    }

    @Override
    public ObjectNode last(int index, Completion reply) {
        return chunk(index, object(), List.of(), Envelope.wireName(reply.finishReason()));
    }

    @Override
    public ObjectNode usage(List<Completion> replies) {
        return envelope.usageChunk(CHUNK, replies);
    }

    private ObjectNode chunk(int index, ObjectNode delta, List<GeneratedToken> tokens, @Nullable String finishReason) {
        ObjectNode choice = object().put("index", index);
        choice.set("delta", delta);
        choice.set("logprobs", tokens.isEmpty() ? null : logProbs(tokens));
        choice.put("finish_reason", finishReason);
        return envelope.chunk(CHUNK, choice);
    }

    private @Nullable ObjectNode logProbs(List<GeneratedToken> tokens) {
        if (!logProbs) {
            return null;
        }
        ObjectNode all = object();
        ArrayNode content = all.putArray("content");
        for (GeneratedToken token : names.spoken(tokens)) {
            ObjectNode told = named(token.id(), token.logProb());
            ArrayNode top = told.putArray("top_logprobs");
            token.alternatives().forEach(other -> top.add(named(other.id(), other.logProb())));
            GeneratedToken.Value value = token.value();
            if (value != null) {
                told.put("q", value.q()).put("advantage", value.advantage());
            }
            content.add(told);
        }
        all.putNull("refusal");
        return all;
    }

    private ObjectNode named(int token, float logProb) {
        ObjectNode named = object().put("token", names.text(token)).put("logprob", TokenNames.finite(logProb));
        ArrayNode bytes = named.putArray("bytes");
        for (byte b : names.bytes(token)) {
            bytes.add(b & 0xFF);
        }
        return named;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
