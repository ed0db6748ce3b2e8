package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.InvalidModelException;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.TextCleaning;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerTrainer;
import dev.rehearse.text.UnusableTokenizerException;
import dev.rehearse.training.EncodedExamples.Sequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run would read and how long it would be, without running it: rows are encoded as the run encodes them. Confined to
 * one thread.
 */
public final class Forecast implements AutoCloseable {
    private final Method method;
    private final Architecture architecture;
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final boolean fresh;

    private Forecast(Method method, Architecture architecture, Tokenizer tokenizer, boolean fresh) {
        this.method = method;
        this.architecture = architecture;
        this.tokenizer = tokenizer;
        this.template = ChatTemplate.of(tokenizer);
        this.fresh = fresh;
    }

    /**
     * @param examples what a blueprint's tokenizer is trained on; unused for a model with weights
     * @param scratch an existing directory, where that tokenizer is put
     * @throws IllegalArgumentException when the model cannot be opened
     */
    public static Forecast of(StartingPoint start, Method method, List<Example> examples, Path scratch) {
        try {
            if (start instanceof StartingPoint.Directory model) {
                Architecture architecture = Architecture.of(model.path());
                return new Forecast(method, architecture, Tokenizer.open(model.path()), false);
            }
            return ofBlueprint(((StartingPoint.Blueprint) start).name(), (Method.Supervised) method, examples, scratch);
        } catch (InvalidModelException | UnusableTokenizerException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Forecast ofBlueprint(String name, Method.Supervised method, List<Example> examples, Path scratch) {
        Blueprint blueprint = Blueprint.named(name).orElseThrow();
        try {
            new TokenizerTrainer(method.settings().tokenizer())
                    .train(EncodedExamples.texts(examples), blueprint.contextLength(), scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Tokenizer tokenizer = Tokenizer.open(scratch);
        return new Forecast(method, blueprint.architecture(tokenizer.vocabularySize()), tokenizer, true);
    }

    /**
     * Tokens of one row.
     *
     * @param learned those of them whose choice is learned; of prompts that are yet to be answered 0
     */
    public record Tokens(int all, int learned) {}

    /** @throws InvalidExampleException when the run would refuse the row */
    public Tokens of(Example example) {
        if (method instanceof Method.Supervised supervised) {
            TrainingData data = new TrainingData(List.of(example), List.of());
            TrainingData read = fresh
                    ? data.cleaned(
                            new TextCleaning(supervised.settings().tokenizer().lowercase()))
                    : data;
            Sequence sequence = EncodedExamples.sequences(read.train(), template, contextLength())
                    .get(0);
            return new Tokens(sequence.tokens().length, sequence.actions().length);
        }
        int[] prompt = EncodedExamples.prompts(List.of(example), template, contextLength())
                .get(0);
        return new Tokens(prompt.length, 0);
    }

    /** @throws InvalidExampleException when the run would refuse the row */
    public Tokens of(LoggedEpisode episode) {
        return new LoggedExperience(List.of(episode), template, contextLength()).tokens();
    }

    /** Most tokens of a row, a reply that is yet to come included. */
    public int contextLength() {
        return architecture.contextLength();
    }

    public int vocabularySize() {
        return tokenizer.vocabularySize();
    }

    public long parameters() {
        return architecture.parameters();
    }

    /** How many rows of each kind there are. */
    public record Rows(long train, long validation, long logged) {}

    /**
     * How long a run is.
     *
     * @param heldOut training rows that serve for validation
     * @param batchSize rows or episodes per update
     * @param steps updates, unless the run stops early
     */
    public record Length(long heldOut, int batchSize, int steps) {}

    public Length length(Rows rows) {
        boolean holdsOut = rows.validation() == 0 && rows.train() > 1;
        long heldOut = holdsOut ? HeldOut.of(rows.train()) : 0;
        long train = rows.train() - heldOut;
        if (method instanceof Method.Supervised supervised) {
            SupervisedSettings settings = supervised.settings().resolved((int) train, fresh);
            int batches = (int) ((train + settings.batchSize() - 1) / settings.batchSize());
            return new Length(heldOut, settings.batchSize(), settings.totalSteps(batches));
        }
        Method.Reinforcement reinforcement = (Method.Reinforcement) method;
        ReinforcementSettings settings = reinforcement.settings();
        return new Length(
                heldOut, settings.batchSize(), settings.totalSteps(reinforcement.experience(), train, rows.logged()));
    }

    /** Most tokens of a reply that is yet to come; 0 where none is. */
    public int longestReply() {
        return method instanceof Method.Reinforcement reinforcement
                        && reinforcement.experience() != Method.Experience.LOGGED
                ? reinforcement.settings().learning().count(Hyperparameter.MAX_COMPLETION_TOKENS)
                : 0;
    }

    /**
     * Floating-point operations of the whole run, roughly: two for each parameter and token that is read, three times as
     * many for one that is learned from. A learned episode is also read by the target network, a new one by the policy
     * that plays it and by the prior; evaluations are left out.
     *
     * @param tokens of a row, its reply included
     */
    public double operations(Length length, double tokens) {
        double read = 2.0 * parameters() * tokens * length.steps() * length.batchSize();
        if (method instanceof Method.Reinforcement reinforcement) {
            double played = 1 / reinforcement.settings().learning().get(Hyperparameter.REPLAY_RATIO);
            return read * (longestReply() == 0 ? 4 : 4 + 2 * played);
        }
        return 3 * read;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
