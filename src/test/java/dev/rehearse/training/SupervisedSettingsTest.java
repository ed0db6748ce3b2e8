package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.networks.Trainable;
import dev.rehearse.text.TokenizerKind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SupervisedSettingsTest {
    /** The settings of one key, given by its path. */
    static Map<String, Object> nested(String path, Object value) {
        Object content = value;
        String[] keys = path.split("\\.");
        for (int i = keys.length - 1; i > 0; i--) {
            content = Map.of(keys[i], content);
        }
        return Map.of(keys[0], content);
    }

    /** What the wire's JSON would hold. */
    static Object json(String text) {
        return switch (text) {
            case "true", "false" -> Boolean.valueOf(text);
            case "{}" -> Map.of();
            default -> text.matches("-?[0-9.]+(e-?[0-9]+)?") ? (Object) Double.valueOf(text) : text;
        };
    }

    @ParameterizedTest
    @CsvSource({
        "hyperparameters.n_epochs, 0",
        "hyperparameters.n_epochs, 51",
        "hyperparameters.n_epochs, 1.5",
        "hyperparameters.batch_size, 257",
        "hyperparameters.learning_rate_multiplier, 0",
        "hyperparameters.beta, 0.1",
        "hyperparameters, 3",
        "learning_rate, 2",
        "learning_rate, fast",
        "patience, 0",
        "max_steps, 0",
        "dropout, 0.91",
        "tokenizer, bpe",
        "tokenizer.kind, sentencepiece",
        "tokenizer.lowercase, 1",
        "tokenizer.vocabulary_size, 200",
        "tokenizer.size, 200",
        "trainable, lora",
        "trainable.kind, some",
        "trainable.layers, 2",
        "trainable.size, 2",
        "n_epochs, 3"
    })
    void everyRefusalNamesTheFullKey(String path, String value) {
        assertThatThrownBy(() -> SupervisedSettings.parse(nested(path, json(value))))
                .isInstanceOf(InvalidSettingException.class)
                .extracting(e -> ((InvalidSettingException) e).name())
                .isEqualTo(path);
    }

    @Test
    void whatIsGivenIsKept() {
        SupervisedSettings parsed = SupervisedSettings.parse(Map.of(
                "hyperparameters",
                Map.of("n_epochs", 4, "batch_size", 16, "learning_rate_multiplier", 2),
                "learning_rate",
                1e-4,
                "patience",
                9,
                "max_steps",
                77,
                "dropout",
                0,
                "tokenizer",
                Map.of("kind", "word", "vocabulary_size", 100, "lowercase", true)));
        assertThat(parsed.epochs()).isEqualTo(4);
        assertThat(parsed.batchSize()).isEqualTo(16);
        assertThat(parsed.patience()).isEqualTo(9);
        assertThat(parsed.maxSteps()).isEqualTo(77);
        assertThat(parsed.dropout()).isZero();
        assertThat(parsed.tokenizer().kind()).isEqualTo(TokenizerKind.WORD);
        assertThat(parsed.tokenizer().vocabularySize()).isEqualTo(100);
        assertThat(parsed.tokenizer().lowercase()).isTrue();
        assertThat(parsed.resolved(1_000, false).learningRate()).isEqualTo(2e-4);
    }

    @Test
    void aWordTokenizerMayBeSmallerThanTheBytes() {
        assertThat(SupervisedSettings.parse(Map.of("tokenizer", Map.of("kind", "char", "vocabulary_size", 10)))
                        .tokenizer()
                        .vocabularySize())
                .isEqualTo(10);
    }

    @Test
    void resolvingLeavesNothingToChoose() {
        SupervisedSettings nothing = SupervisedSettings.parse(Map.of());
        for (boolean blueprint : new boolean[] {true, false}) {
            SupervisedSettings resolved = nothing.resolved(10, blueprint);
            assertThat(resolved.epochs()).isPositive();
            assertThat(resolved.batchSize()).isPositive();
            assertThat(resolved.learningRate()).isPositive();
        }
    }

    @Test
    void theMultiplierIsAppliedOnce() {
        SupervisedSettings parsed = SupervisedSettings.parse(nested("hyperparameters.learning_rate_multiplier", 3));
        double single = SupervisedSettings.parse(Map.of()).resolved(10, true).learningRate();
        SupervisedSettings resolved = parsed.resolved(10, true);
        assertThat(resolved.learningRate()).isEqualTo(3 * single);
        assertThat(resolved.resolved(10, true).learningRate()).isEqualTo(3 * single);
    }

    @Test
    void theBatchGrowsWithTheDataWithinBounds() {
        SupervisedSettings nothing = SupervisedSettings.parse(Map.of());
        assertThat(nothing.resolved(1, true).batchSize())
                .isLessThanOrEqualTo(nothing.resolved(10_000, true).batchSize());
        assertThat(nothing.resolved(Integer.MAX_VALUE, true).batchSize()).isLessThanOrEqualTo(256);
    }

    @Test
    void whatMovesIsEverythingUnlessAskedOtherwise() {
        assertThat(SupervisedSettings.parse(Map.of()).trainable()).isEqualTo(new Trainable.All());
        assertThat(trainable(Map.of("kind", "last_layers", "layers", 3))).isEqualTo(new Trainable.LastLayers(3));
        assertThat(trainable(Map.of("kind", "lora"))).isEqualTo(new Trainable.Lora(8, 16, Trainable.Targets.ALL));
        assertThat(trainable(Map.of("kind", "lora", "rank", 4, "alpha", 1, "targets", "mlp")))
                .isEqualTo(new Trainable.Lora(4, 1, Trainable.Targets.MLP));
    }

    private static Trainable trainable(Map<String, Object> setting) {
        return SupervisedSettings.parse(Map.of("trainable", setting)).trainable();
    }

    @Test
    void adaptersLearnFasterByDefault() {
        SupervisedSettings adapters = SupervisedSettings.parse(Map.of("trainable", Map.of("kind", "lora")));
        assertThat(adapters.resolved(10, false).learningRate()).isEqualTo(2e-4);
    }
}
