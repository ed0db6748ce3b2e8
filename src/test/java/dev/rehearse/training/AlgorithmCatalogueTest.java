package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.qlearning.Algorithm;
import dev.rehearse.qlearning.Hyperparameter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AlgorithmCatalogueTest {

    /** The settings below dqn that a run of the algorithm takes are those of its schema. */
    @ParameterizedTest
    @EnumSource
    void theSchemaListsWhatTheAlgorithmReads(Algorithm algorithm) {
        Set<String> listed = new HashSet<>();
        leaves("", at(schema(algorithm), "properties", "dqn"), listed);
        Set<String> read = new HashSet<>();
        for (Hyperparameter parameter : Hyperparameter.values()) {
            keepIfRead(algorithm, parameter.wireName(), parameter.defaultValue(), read);
        }
        for (Option option : Option.values()) {
            Object usual = option.isFlag() ? (Object) option.isUsuallyOn() : option.usual();
            keepIfRead(algorithm, option.wireName(), usual, read);
        }
        read.addAll(Set.of("max_steps", "patience"));
        assertThat(listed).isEqualTo(read);
    }

    @Test
    void numbersHaveTheirDefaultAndTheirRange() {
        Map<String, Object> dqn = at(schema(Algorithm.SOFT_DQN), "properties", "dqn", "properties");
        assertThat(at(dqn, "lambda"))
                .containsEntry("type", "number")
                .containsEntry("default", 0.7)
                .containsEntry("minimum", 0.0)
                .containsEntry("maximum", 1.0);
        assertThat(at(dqn, "replay_capacity")).containsEntry("type", "integer").containsEntry("default", 100_000L);
        assertThat(at(dqn, "epsilon", "properties", "start")).containsEntry("default", 0.5);
        assertThat(at(dqn, "max_steps")).containsEntry("default", "auto");
        assertThat(at(dqn, "share_trunk")).containsEntry("default", false);
        assertThat(at(dqn, "prioritized")).containsEntry("default", false);
        assertThat(at(schema(Algorithm.SOFT_DQN), "properties", "hyperparameters", "properties", "batch_size"))
                .containsEntry("default", 64L)
                .containsEntry("maximum", 256L);
    }

    @Test
    void theFirstIsTheOneThatRunsWhereNoneIsNamed() {
        String first = (String) AlgorithmCatalogue.all().get(0).get("id");
        assertThat(ReinforcementSettings.parse(Map.of()).learning().algorithm().wireName())
                .isEqualTo(first);
    }

    private static void keepIfRead(Algorithm algorithm, String wireName, Object value, Set<String> read) {
        Map<String, Object> dqn = new HashMap<>();
        int dot = wireName.indexOf('.');
        if (dot < 0) {
            dqn.put(wireName, value);
        } else {
            dqn.put(wireName.substring(0, dot), Map.of(wireName.substring(dot + 1), value));
        }
        try {
            ReinforcementSettings.parse(Map.of("algorithm", algorithm.wireName(), "dqn", dqn));
            read.add(wireName);
        } catch (InvalidSettingException e) {
            if (e.fault() != InvalidSettingException.Fault.UNKNOWN
                    && !e.getMessage().contains("it belongs to")) {
                read.add(wireName); // read, but not beside the defaults of the others
            }
        }
    }

    private static void leaves(String path, Map<String, Object> schema, Set<String> leaves) {
        if (schema.get("anyOf") instanceof java.util.List<?> either) {
            leaves.add(path);
            leaves(path, cast(either.get(1)), leaves);
        } else if (schema.get("properties") instanceof Map<?, ?> properties) {
            properties.forEach(
                    (name, member) -> leaves(path.isEmpty() ? "" + name : path + "." + name, cast(member), leaves));
        } else {
            leaves.add(path);
        }
    }

    private static Map<String, Object> schema(Algorithm algorithm) {
        return AlgorithmCatalogue.all().stream()
                .filter(entry -> entry.get("id").equals(algorithm.wireName()))
                .map(entry -> cast(entry.get("schema")))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, Object> at(Map<String, Object> from, String... path) {
        Map<String, Object> found = from;
        for (String name : path) {
            found = cast(found.get(name));
        }
        return found;
    }

    @SuppressWarnings("unchecked") // of schemas
    private static Map<String, Object> cast(Object json) {
        return (Map<String, Object>) json;
    }
}
