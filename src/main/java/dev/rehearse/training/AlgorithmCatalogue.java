package dev.rehearse.training;

import dev.rehearse.qlearning.Algorithm;
import dev.rehearse.qlearning.Hyperparameter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What {@code method.reinforcement} may be told, algorithm by algorithm, as JSON Schema: written from the enums that the
 * settings are read by. Stateless; any thread.
 */
public final class AlgorithmCatalogue {
    private AlgorithmCatalogue() {}

    /** As plain JSON; the first is what runs where none is named. */
    public static List<Map<String, Object>> all() {
        return Arrays.stream(Algorithm.values()).map(AlgorithmCatalogue::entry).toList();
    }

    private static Map<String, Object> entry(Algorithm algorithm) {
        Map<String, Object> properties = new LinkedHashMap<>();
        Map<String, Object> name = new LinkedHashMap<>();
        name.put("const", algorithm.wireName());
        properties.put("algorithm", name);
        properties.put("hyperparameters", object(hyperparameters()));
        properties.put("dqn", object(dqn(algorithm)));
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("id", algorithm.wireName());
        entry.put("object", "fine_tuning.algorithm");
        entry.put("description", algorithm.meaning());
        entry.put("schema", object(properties));
        return entry;
    }

    private static Map<String, Object> hyperparameters() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (RunSetting setting : RunSetting.values()) {
            if (setting.isOpenAis()) {
                properties.put(setting.wireName(), number(setting));
            }
        }
        return properties;
    }

    private static Map<String, Object> dqn(Algorithm algorithm) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Hyperparameter parameter : Hyperparameter.values()) {
            if (algorithm.reads(parameter)) {
                put(properties, parameter.wireName(), number(parameter));
            }
        }
        for (Option option : Option.values()) {
            if (option.isReadBy(algorithm) && option != Option.PRIORITIZED) {
                put(properties, option.wireName(), choice(option));
            }
        }
        properties.computeIfPresent(
                Option.PRIORITIZED.wireName(), (name, group) -> switchable(Option.PRIORITIZED, group));
        for (RunSetting setting : RunSetting.values()) {
            if (!setting.isOpenAis()) {
                properties.put(setting.wireName(), number(setting));
            }
        }
        return properties;
    }

    /** Puts it where its dotted name says. */
    @SuppressWarnings("unchecked") // groups are made by object()
    private static void put(Map<String, Object> properties, String wireName, Map<String, Object> schema) {
        int dot = wireName.indexOf('.');
        if (dot < 0) {
            properties.put(wireName, schema);
            return;
        }
        Map<String, Object> group = (Map<String, Object>)
                properties.computeIfAbsent(wireName.substring(0, dot), absent -> object(new LinkedHashMap<>()));
        ((Map<String, Object>) Objects.requireNonNull(group.get("properties")))
                .put(wireName.substring(dot + 1), schema);
    }

    private static Map<String, Object> object(Map<String, Object> properties) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        return schema;
    }

    private static Map<String, Object> number(Hyperparameter parameter) {
        Map<String, Object> schema = number(parameter.isWhole(), parameter.least(), parameter.most());
        schema.put("default", value(parameter.isWhole(), parameter.defaultValue()));
        schema.put("description", parameter.meaning());
        return schema;
    }

    private static Map<String, Object> number(RunSetting setting) {
        Map<String, Object> schema = number(setting.isWhole(), setting.least(), setting.most());
        schema.put("default", setting.usual() == 0 ? "auto" : value(setting.isWhole(), setting.usual()));
        schema.put("description", setting.meaning());
        return schema;
    }

    private static Map<String, Object> number(boolean whole, double least, double most) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", whole ? "integer" : "number");
        schema.put("minimum", value(whole, least));
        schema.put("maximum", value(whole, most));
        return schema;
    }

    private static Object value(boolean whole, double value) {
        return whole ? (Object) (long) value : (Object) value;
    }

    private static Map<String, Object> choice(Option option) {
        Map<String, Object> schema = new LinkedHashMap<>();
        if (option.isFlag()) {
            schema.put("type", "boolean");
            schema.put("default", option.isUsuallyOn());
        } else {
            schema.put("type", "string");
            schema.put("enum", option.allowed());
            schema.put("default", option.usual());
        }
        schema.put("description", option.meaning());
        return schema;
    }

    private static Map<String, Object> switchable(Option option, Object group) {
        Map<String, Object> flag = choice(option);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", List.of(Map.of("type", "boolean"), group));
        schema.put("default", flag.get("default"));
        schema.put("description", flag.get("description"));
        return schema;
    }
}
