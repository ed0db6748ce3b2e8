package dev.rehearse.jobs;

import dev.rehearse.files.FileId;
import dev.rehearse.training.InvalidSettingException;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import dev.rehearse.web.JsonFields;
import dev.rehearse.web.StorableText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The body of a job's creation, OpenAI's and ours. Stateless; any thread. */
final class JobRequestReader {
    private static final Pattern SUFFIX = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final int MOST_METADATA = 16;
    private static final int LONGEST_METADATA_NAME = 64;
    private static final int LONGEST_METADATA_VALUE = 512;

    private JobRequestReader() {}

    /** @throws ApiException 400 naming the field that is unknown, missing, or whose value is not allowed */
    static JobRequest read(JsonFields body) {
        String model = body.requireText("model");
        JobMethod method = JobMethodReader.read(body);
        FileId training = trainingFile(body, method);
        String validation = body.text("validation_file");
        Integer seed = body.integer("seed", 0, Integer.MAX_VALUE);
        JobRequest.Labels labels = new JobRequest.Labels(suffix(body), metadata(body));
        refuseIntegrations(body);
        body.refuseOthers();
        JobRequest request = new JobRequest(
                model,
                training,
                validation == null ? null : new FileId(validation),
                method,
                seed == null ? FreshId.seed() : seed,
                labels);
        checkExperience(request, body);
        return checked(request);
    }

    /** A job that learns from nothing but its replay file may leave the training file out: it is the replay file. */
    private static FileId trainingFile(JsonFields body, JobMethod method) {
        String training = body.text("training_file");
        if (training != null) {
            return new FileId(training);
        }
        FileId replay = method.replayFile();
        return replay == null ? new FileId(body.requireText("training_file")) : replay;
    }

    /** Who plays needs a grader; who does not plays nothing, and selects by a grader and a validation file, or neither. */
    private static void checkExperience(JobRequest request, JsonFields body) {
        JobMethod method = request.method();
        if (method.kind() == JobMethod.Kind.SUPERVISED) {
            return;
        }
        switch (request.experience()) {
            case PLAYED -> {}
            case PLAYED_AND_LOGGED -> {
                if (!method.hasGrader()) {
                    throw body.invalid(
                            "training_file",
                            request.trainingFile() + ". Without a grader nothing is played. Allowed: none, or the"
                                    + " replay_file");
                }
            }
            case LOGGED -> {
                if (method.hasGrader() != (request.validationFile() != null)) {
                    throw body.invalid(
                            "validation_file",
                            request.validationFile() + ". Where nothing is played, a grader judges the replies to"
                                    + " its prompts. Allowed: both or neither");
                }
            }
        }
    }

    private static @Nullable String suffix(JsonFields body) {
        String suffix = body.text("suffix");
        if (suffix != null && !SUFFIX.matcher(suffix).matches()) {
            throw body.invalid("suffix", "'" + suffix + "'. Allowed: " + SUFFIX.pattern());
        }
        return suffix;
    }

    private static Map<String, String> metadata(JsonFields body) {
        JsonFields metadata = body.object("metadata");
        Map<String, String> pairs = new LinkedHashMap<>();
        if (metadata == null) {
            return pairs;
        }
        for (Map.Entry<String, JsonNode> entry : metadata.entries()) {
            String name = StorableText.require("metadata", entry.getKey());
            String value = metadata.text(name);
            if (value == null) {
                continue;
            }
            if (name.length() > LONGEST_METADATA_NAME || value.length() > LONGEST_METADATA_VALUE) {
                throw metadata.invalid(
                        name,
                        "names have at most 64 and values at most 512 characters, not " + name.length() + " and "
                                + value.length());
            }
            pairs.put(name, value);
        }
        if (pairs.size() > MOST_METADATA) {
            throw body.invalid("metadata", pairs.size() + " pairs. Allowed: at most " + MOST_METADATA);
        }
        return pairs;
    }

    private static void refuseIntegrations(JsonFields body) {
        JsonNode integrations = body.find("integrations");
        if (integrations == null || (integrations.isArray() && integrations.isEmpty())) {
            return;
        }
        throw ApiException.invalid(
                "unsupported_value", "integrations", "Unsupported value for 'integrations': there are none here.");
    }

    private static JobRequest checked(JobRequest request) {
        try {
            request.resolve();
            return request;
        } catch (InvalidSettingException e) {
            throw refusal(request.method(), e);
        }
    }

    /** What a client hears of a setting that is unknown or not allowed. */
    static ApiException refusal(JobMethod method, InvalidSettingException e) {
        String message = Objects.toString(e.getMessage());
        String param = "method." + method.kind().wireName() + '.' + e.name();
        String code = switch (e.fault()) {
            case UNKNOWN -> "unknown_parameter";
            case WRONG_TYPE -> "invalid_type";
            case NOT_ALLOWED -> "invalid_value";
        };
        return ApiException.invalid(code, param, "Invalid '" + param + "': " + message);
    }
}
