package dev.rehearse.training;

import dev.rehearse.generation.FinishReason;
import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.Readings;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.qlearning.Learner;
import dev.rehearse.text.IncrementalDecoder;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.training.Play.Outcome;
import dev.rehearse.training.SampledReply.Token;
import dev.rehearse.training.SampledReply.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Looks closely at a few replies: what the networks make of every token. Confined to the run's thread. */
final class Inspection {
    /** Of one round of replies; always the same prompts of an evaluation. */
    static final int MOST = 4;

    private final QNetwork average;
    private final QNetwork prior;
    private final Tokenizer tokenizer;

    Inspection(QNetwork average, QNetwork prior, Tokenizer tokenizer) {
        this.average = average;
        this.prior = prior;
        this.tokenizer = tokenizer;
    }

    /** @param learner null before learning starts: then nothing has a value */
    List<SampledReply> of(List<Outcome> outcomes, @Nullable Learner learner) {
        List<Outcome> few = outcomes.subList(0, Math.min(MOST, outcomes.size()));
        TokenBatch batch = Experience.batch(few);
        Readings readings = average.read(batch);
        float[][] priorLogProbs = prior.read(batch).logProbs();
        Learner.Valuation valuation = learner == null ? null : learner.value(priorLogProbs, readings);
        List<SampledReply> sampled = new ArrayList<>();
        for (int i = 0; i < few.size(); i++) {
            sampled.add(reply(few.get(i), tokens(few.get(i), i, readings, priorLogProbs, valuation)));
        }
        return sampled;
    }

    private List<Token> tokens(
            Outcome outcome,
            int row,
            Readings readings,
            float[][] priorLogProbs,
            Learner.@Nullable Valuation valuation) {
        int[] ids = outcome.reply().tokens();
        IncrementalDecoder decoder = tokenizer.incrementalDecoder();
        return IntStream.range(0, ids.length)
                .mapToObj(k -> new Token(
                        tokenizer.isSpecial(ids[k]) ? tokenizer.token(ids[k]) : decoder.accept(ids[k]),
                        readings.logProbs()[row][k],
                        priorLogProbs[row][k],
                        valuation == null ? null : (double) valuation.values()[row][k],
                        valuation == null ? null : (double) valuation.qValues()[row][k]))
                .toList();
    }

    private static SampledReply reply(Outcome outcome, List<Token> tokens) {
        Example.Conversation conversation = outcome.task().example().conversation();
        List<Turn> dialogue = conversation instanceof Example.Conversation.Chat chat
                ? chat.messages().stream()
                        .map(message -> new Turn(message.role().wireName(), message.content()))
                        .toList()
                : List.of();
        String prompt =
                conversation instanceof Example.Conversation.Continuation continuation ? continuation.prompt() : "";
        SampledReply.End end =
                outcome.reply().finishReason() == FinishReason.STOP ? SampledReply.End.STOP : SampledReply.End.LENGTH;
        return new SampledReply(dialogue, prompt, outcome.text(), end, outcome.grade(), tokens);
    }
}
