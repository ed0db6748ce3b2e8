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
    record Layout(List<Echo> echoed, int prompts, int n, int bestOf, boolean logProbs) {
        Layout {
            echoed = List.copyOf(echoed);
        }

        String echo(int choice) {
            return echoed.isEmpty() ? "" : echoed.get(choice / n).text();
        }

        /** Whether log-probabilities are told from the prompt's second token on. */
        boolean tellsPrompts() {
            return logProbs && !echoed.isEmpty();
        }
    }

    /** A prompt to be given back, and the first of its tokens, which nothing makes probable. */
    record Echo(String text, int firstToken) {}

    TextWire(Envelope envelope, TokenNames names, Layout layout) {
        this.envelope = envelope;
        this.names = names;
        this.layout = layout;
        this.offsets = IntStream.range(0, layout.prompts() * layout.n())
                .map(choice -> layout.tellsPrompts() ? 0 : layout.echo(choice).length())
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
            Told told = new Told(i);
            told.addPrompt(reply.prompt());
            told.addAll(reply.tokens());
            choices.add(choice(i, layout.echo(i) + reply.text(), told.json(), reason));
        }
        answer.set("usage", envelope.usage(replies));
        return answer;
    }

    @Override
    public List<ObjectNode> opening() {
        if (layout.echoed().isEmpty() || layout.tellsPrompts()) {
            return List.of();
        }
        return IntStream.range(0, offsets.length)
                .mapToObj(i -> envelope.chunk(OBJECT, choice(i, layout.echo(i), null, null)))
                .toList();
    }

    @Override
    public Optional<ObjectNode> prompt(int index, List<GeneratedToken> tokens) {
        if (!layout.tellsPrompts()) {
            return Optional.empty();
        }
        Told told = new Told(index);
        told.addPrompt(tokens);
        return Optional.of(envelope.chunk(OBJECT, choice(index, layout.echo(index), told.json(), null)));
    }

    @Override
    public Optional<ObjectNode> more(int index, String text, List<GeneratedToken> tokens) {
        boolean tells = layout.logProbs() && !names.spoken(tokens).isEmpty();
        if (text.isEmpty() && !tells) {
            return Optional.empty();
        }
        Told told = new Told(index);
        told.addAll(tokens);
        return Optional.of(envelope.chunk(OBJECT, choice(index, text, tells ? told.json() : null, null)));
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

    /** What is told of some tokens of one choice, in parallel lists. */
    private final class Told {
        private final int choice;
        private final ObjectNode all = JsonNodeFactory.instance.objectNode();
        private final ArrayNode texts = all.putArray("tokens");
        private final ArrayNode own = all.putArray("token_logprobs");
        private final ArrayNode top = all.putArray("top_logprobs");
        private final ArrayNode offset = all.putArray("text_offset");

        Told(int choice) {
            this.choice = choice;
        }

        @Nullable
        ObjectNode json() {
            return layout.logProbs() ? all : null;
        }

        void addPrompt(List<GeneratedToken> fromTheSecondOn) {
            if (!layout.tellsPrompts()) {
                return;
            }
            Echo echo = layout.echoed().get(choice / layout.n());
            if (!names.isSpecial(echo.firstToken())) {
                addText(echo.firstToken());
                own.addNull();
                top.addNull();
            }
            addAll(fromTheSecondOn);
            offsets[choice] = echo.text().length();
        }

        void addAll(List<GeneratedToken> tokens) {
            names.spoken(tokens).forEach(this::add);
        }

        private void add(GeneratedToken token) {
            addText(token.id());
            own.add(TokenNames.finite(token.logProb()));
            ObjectNode others = top.addObject();
            token.alternatives().forEach(other -> put(others, other.id(), other.logProb()));
            put(others, token.id(), token.logProb());
            GeneratedToken.Value value = token.value();
            if (value != null) {
                all.withArray("token_q").add(value.q());
                all.withArray("token_advantage").add(value.advantage());
            }
        }

        private void addText(int token) {
            texts.add(names.key(token));
            offset.add(offsets[choice]);
            offsets[choice] += names.text(token).length();
        }

        private void put(ObjectNode others, int token, float logProb) {
            others.put(names.key(token), TokenNames.finite(logProb));
        }
    }
}
