package dev.rehearse.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.InvalidModelException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model as OpenAI's clients read it, and below {@code ownedBy} what vLLM and we add. Immutable.
 *
 * @param parameters numbers in the network, of a blueprint without its vocabulary's; absent when the directory's
 *     configuration cannot be read
 * @param untrained true for a blueprint, which no reply can be asked of; absent otherwise
 * @param problem why a directory that somebody put there is no model yet; absent when nothing was found
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record ModelObject(
        String id,
        String object,
        long created,
        @JsonProperty("owned_by") String ownedBy,
        String root,
        @Nullable String parent,

        @JsonProperty("max_model_len") @Nullable Integer maxModelLength,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long parameters,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean untrained,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String problem) {
    static ModelObject of(Model model) {
        return new ModelObject(
                model.id(),
                "model",
                model.createdAt().getEpochSecond(),
                model.ownedBy(),
                model.id(),
                model.parent(),
                model.contextLength(),
                parameters(model),
                model.kind() == Model.Kind.BLUEPRINT ? true : null,
                model.kind() == Model.Kind.BASE ? ModelDirectory.problem(model.requireDirectory()) : null);
    }

    private static @Nullable Long parameters(Model model) {
        Path directory = model.directory();
        if (directory == null) {
            return Blueprint.named(model.id()).map(Blueprint::parameters).orElse(null);
        }
        try {
            return Architecture.of(directory).parameters();
        } catch (InvalidModelException e) {
            return null;
        }
    }
}
