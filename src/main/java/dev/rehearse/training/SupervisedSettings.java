package dev.rehearse.training;

import dev.rehearse.networks.Trainable;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import java.util.List;
import java.util.Map;

/**
 * Every setting of supervised training. Immutable; 0 stands for "chosen from the data" where a default says so.
 *
 * @param epochs passes over the training examples, 1 to 50; 0: 10 from a blueprint, 3 otherwise
 * @param batchSize examples per update, 1 to 256; 0: a two-hundredth of the examples, between 8 and 128
 * @param learningRate peak rate; 0: 1e-3 from a blueprint, 2e-4 for adapters, 5e-5 otherwise
 * @param learningRateMultiplier scales the learning rate
 * @param patience evaluations without a better validation loss before the run stops
 * @param maxSteps most updates; 0: as many as the epochs take
 * @param dropout share of activations dropped while learning
 * @param tokenizer what a blueprint's tokenizer is trained as
 * @param trainable which weights move
 */
public record SupervisedSettings(
        int epochs,
        int batchSize,
        double learningRate,
        double learningRateMultiplier,
        int patience,
        int maxSteps,
        double dropout,
        TokenizerSpec tokenizer,
        Trainable trainable) {
    private static final int VOCABULARY = 4096;
    private static final List<String> KINDS = List.of("word", "char", "bpe");

    static SupervisedSettings parse(Map<String, Object> settings) {
        SettingsReader own = new SettingsReader("", settings);
        SettingsReader openAi = own.object("hyperparameters");
        SettingsReader tokenizer = own.object("tokenizer");
        SupervisedSettings parsed = new SupervisedSettings(
                openAi.integer("n_epochs", 0, 1, 50),
                openAi.integer("batch_size", 0, 1, 256),
                own.number("learning_rate", 0, 1e-9, 1),
                openAi.number("learning_rate_multiplier", 1, 1e-9, 1e9),
                own.integer("patience", 5, 1, 1000),
                own.integer("max_steps", 0, 1, 100_000_000),
                own.number("dropout", 0.1, 0, 0.9),
                tokenizer(tokenizer),
                TrainableReader.read(own));
        own.refuseUnknown();
        openAi.refuseUnknown();
        tokenizer.refuseUnknown();
        return parsed;
    }

    private static TokenizerSpec tokenizer(SettingsReader reader) {
        TokenizerKind kind = TokenizerKind.of(reader.oneOf("kind", "bpe", KINDS));
        int size = reader.integer("vocabulary_size", VOCABULARY, 1, 1_000_000);
        boolean lowercase = reader.flag("lowercase", false);
        try {
            return new TokenizerSpec(kind, size, lowercase);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("tokenizer.vocabulary_size", String.valueOf(e.getMessage()));
        }
    }

    /** The settings with every 0 replaced. */
    SupervisedSettings resolved(int examples, boolean fromBlueprint) {
        return new SupervisedSettings(
                epochs > 0 ? epochs : fromBlueprint ? 10 : 3,
                batchSize > 0 ? batchSize : Math.max(8, Math.min(128, examples / 200)),
                (learningRate > 0 ? learningRate : usualRate(fromBlueprint)) * learningRateMultiplier,
                1,
                patience,
                maxSteps,
                dropout,
                tokenizer,
                trainable);
    }

    /** Updates in a whole run of resolved settings. */
    int totalSteps(int batchesPerEpoch) {
        int planned = epochs * batchesPerEpoch;
        return maxSteps > 0 ? Math.min(planned, maxSteps) : planned;
    }

    private double usualRate(boolean fromBlueprint) {
        if (fromBlueprint) {
            return 1e-3;
        }
        return trainable instanceof Trainable.Lora ? 2e-4 : 5e-5;
    }

    Map<String, Object> openAiHyperparameters() {
        return Map.of("n_epochs", epochs, "batch_size", batchSize, "learning_rate_multiplier", learningRateMultiplier);
    }
}
