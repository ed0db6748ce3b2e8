package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GeneratedToken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's {@code text_completion}, whole and in chunks of the same shape. Confined to the writing thread. */
final class TextWire implements Wire {
    private static final String OBJECT = "text_completion";

    private final Envelope envelope;
    private final TokenNames names;
    private final Layout layout;
    /** Where in the text of each choice its next token begins. */
    private final int[] offsets;

    /**
     * Which reply becomes which choice. Immutable.
     *
     * @param echoed the prompts when they are to be given back; empty when not
     * @param n choices of each prompt
     * @param bestOf replies of each prompt, from which its choices are taken
     */
    record Layout(List<String> echoed, int prompts, int n, int bestOf, boolean logProbs) {
        Layout {
            echoed = List.copyOf(echoed);
        }

        String echo(int choice) {
            return echoed.isEmpty() ? "" : echoed.get(choice / n);
        }
    }

    TextWire(Envelope envelope, TokenNames names, Layout layout) {
        this.envelope = envelope;
        this.names = names;
        this.layout = layout;
        this.offsets = IntStream.range(0, layout.prompts() * layout.n())
                .map(choice -> layout.echo(choice).length())
                .toArray();
    }

    @Override
    public ObjectNode whole(List<Completion> replies) {
        ObjectNode answer = envelope.open(OBJECT);
        ArrayNode choices = answer.putArray("choices");
        List<Completion> chosen = chosen(replies);
        for (int i = 0; i < chosen.size(); i++) {
            Completion reply = chosen.get(i);
            String reason = Envelope.wireName(reply.finishReason());
            choices.add(choice(i, layout.echo(i) + reply.text(), logProbs(i, reply.tokens()), reason));
        }
        answer.set("usage", envelope.usage(replies));
        return answer;
    }

    @Override
    public List<ObjectNode> opening() {
        if (layout.echoed().isEmpty()) {
            return List.of();
        }
        return IntStream.range(0, offsets.length)
                .mapToObj(i -> envelope.chunk(OBJECT, choice(i, layout.echo(i), null, null)))
                .toList();
    }

    @Override
    public Optional<ObjectNode> more(int index, String text, List<GeneratedToken> tokens) {
        boolean tells = layout.logProbs() && !names.spoken(tokens).isEmpty();
        if (text.isEmpty() && !tells) {
            return Optional.empty();
        }
        ObjectNode logProbs = tells ? logProbs(index, tokens) : null;
        return Optional.of(envelope.chunk(OBJECT, choice(index, text, logProbs, null)));
    }

    @Override
    public ObjectNode last(int index, Completion reply) {
        return envelope.chunk(OBJECT, choice(index, "", null, Envelope.wireName(reply.finishReason())));
    }

    @Override
    public ObjectNode usage(List<Completion> replies) {
        return envelope.usageChunk(OBJECT, replies);
    }

    /** Of each prompt's replies the n with the highest log-probability per token, the best first. */
    private List<Completion> chosen(List<Completion> replies) {
        if (layout.bestOf() == layout.n()) {
            return replies;
        }
        List<Completion> chosen = new ArrayList<>();
        for (int prompt = 0; prompt < layout.prompts(); prompt++) {
            replies.subList(prompt * layout.bestOf(), (prompt + 1) * layout.bestOf()).stream()
                    .sorted(Comparator.comparingDouble(TextWire::meanLogProb).reversed())
                    .limit(layout.n())
                    .forEach(chosen::add);
        }
        return chosen;
    }

    private static double meanLogProb(Completion reply) {
        return reply.tokens().stream()
                .mapToDouble(GeneratedToken::logProb)
                .average()
                .orElse(0);
    }

    private static ObjectNode choice(
            int index, String text, @Nullable ObjectNode logProbs, @Nullable String finishReason) {
        ObjectNode choice =
                JsonNodeFactory.instance.objectNode().put("index", index).put("text", text);
        choice.set("logprobs", logProbs);
        choice.put("finish_reason", finishReason);
        return choice;
    }

    private @Nullable ObjectNode logProbs(int index, List<GeneratedToken> tokens) {
        if (!layout.logProbs()) {
            return null;
        }
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        ArrayNode texts = all.putArray("tokens");
        ArrayNode own = all.putArray("token_logprobs");
        ArrayNode top = all.putArray("top_logprobs");
        ArrayNode offset = all.putArray("text_offset");
        for (GeneratedToken token : names.spoken(tokens)) {
            texts.add(names.key(token.id()));
            own.add(TokenNames.finite(token.logProb()));
            ObjectNode others = top.addObject();
            token.alternatives().forEach(other -> put(others, other.id(), other.logProb()));
            put(others, token.id(), token.logProb());
            offset.add(offsets[index]);
            offsets[index] += names.text(token.id()).length();
        }
        return all;
    }

    private void put(ObjectNode others, int token, float logProb) {
        others.put(names.key(token), TokenNames.finite(logProb));
    }
}
