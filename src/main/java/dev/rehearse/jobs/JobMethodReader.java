package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The object {@code method} of a job's creation, and the deprecated {@code hyperparameters} beside it. Its type
 * {@code dqn} is another name for {@code reinforcement}; there the settings of {@code dqn} may stand beside the grader.
 * Stateless; any thread.
 */
final class JobMethodReader {
    private static final String ALIAS = "dqn";
    private static final List<String> TYPES = List.of("supervised", "reinforcement", "dpo", ALIAS);
    private static final Set<String> BESIDE_DQN = Set.of(
            "grader",
            "hyperparameters",
            JobMethod.RESPONSE_FORMAT,
            "algorithm",
            "dqn",
            JobMethod.REPLAY_FILE,
            "trainable");

    private JobMethodReader() {}

    /** @throws ApiException 400 naming the field that is unknown, missing, or whose value is not allowed */
    static JobMethod read(JsonFields body) {
        JsonFields deprecated = body.object("hyperparameters");
        JsonFields method = body.object("method");
        if (method == null) {
            return supervised(null, deprecated);
        }
        String type = method.requireText("type");
        JobMethod read = switch (type) {
            case "supervised" -> supervised(alone(method, type).object(type), deprecated);
            case "reinforcement" -> reinforcement(alone(method, type).requireObject(type), deprecated);
            case ALIAS -> reinforcement(canonical(alone(method, type).requireObject(type)), deprecated);
            default ->
                throw ApiException.invalid(
                        "unsupported_value",
                        "method.type",
                        "Unsupported value for 'method.type': '" + type
                                + "'. Supported values: supervised, reinforcement, and dqn for reinforcement.");
        };
        method.refuseOthers();
        return read;
    }

    /** The settings of another method than the chosen one must not be there. */
    private static JsonFields alone(JsonFields method, String type) {
        for (String other : TYPES) {
            if (!other.equals(type) && method.find(other) != null) {
                throw method.invalid(other, "does not go with method.type '" + type + "'");
            }
        }
        return method;
    }

    /** The alias's settings where {@code reinforcement} has them. */
    private static JsonFields canonical(JsonFields alias) {
        ObjectNode moved = JsonNodeFactory.instance.objectNode();
        ObjectNode dqn = JsonNodeFactory.instance.objectNode();
        JsonFields nested = alias.object("dqn");
        if (nested != null) {
            nested.entries().forEach(entry -> dqn.set(entry.getKey(), entry.getValue()));
        }
        for (Map.Entry<String, JsonNode> entry : alias.entries()) {
            String name = entry.getKey();
            if (BESIDE_DQN.contains(name) || name.startsWith("x_")) {
                moved.set(name, entry.getValue());
            } else if (dqn.hasNonNull(name)) {
                throw alias.invalid(name, "given here and in " + alias.path("dqn") + "; give it once");
            } else {
                dqn.set(name, entry.getValue());
            }
        }
        moved.set("dqn", dqn);
        return JsonFields.of(moved, "method.reinforcement");
    }

    private static JobMethod supervised(@Nullable JsonFields settings, @Nullable JsonFields deprecated) {
        return new JobMethod(JobMethod.Kind.SUPERVISED, settings(settings, deprecated));
    }

    private static JobMethod reinforcement(JsonFields settings, @Nullable JsonFields deprecated) {
        boolean replayed = settings.text(JobMethod.REPLAY_FILE) != null;
        JsonFields grader = replayed ? settings.object("grader") : settings.requireObject("grader");
        refuseFormat(settings.object(JobMethod.RESPONSE_FORMAT));
        Map<String, Object> plain = settings(settings, deprecated);
        if (grader != null) {
            plain.put("grader", GraderWriter.write(GraderReader.read(grader)));
        }
        return new JobMethod(JobMethod.Kind.REINFORCEMENT, plain);
    }

    /** Replies are not held to a form while a model learns: only plain text may be asked for. */
    private static void refuseFormat(@Nullable JsonFields format) {
        if (format == null) {
            return;
        }
        String type = format.requireText("type");
        if (!type.equals("text")) {
            String param = format.path("type");
            throw ApiException.invalid(
                    "unsupported_value",
                    param,
                    "Unsupported value for '" + param + "': '" + type + "'. Supported values: text.");
        }
        format.refuseOthers();
    }

    private static Map<String, Object> settings(@Nullable JsonFields settings, @Nullable JsonFields deprecated) {
        Map<String, Object> plain = settings == null ? new LinkedHashMap<>() : settings.plain();
        if (settings != null) {
            settings.object("hyperparameters"); // refuses anything but an object
        }
        if (deprecated != null && plain.containsKey("hyperparameters")) {
            throw ApiException.invalid(
                    "invalid_value",
                    "hyperparameters",
                    "Invalid value for 'hyperparameters': given here and in the method; give them once.");
        }
        if (deprecated != null) {
            plain.put("hyperparameters", deprecated.plain());
        }
        return plain;
    }
}
