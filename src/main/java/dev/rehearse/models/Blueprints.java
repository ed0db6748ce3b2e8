package dev.rehearse.models;

import dev.rehearse.networks.Blueprint;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The shapes a job can make a fresh network of. Stateless; any thread. */
final class Blueprints {
    private static final Instant WRITTEN_AT = Instant.parse("2026-11-23T00:00:00Z");
    private static final List<Model> ALL =
            Arrays.stream(Blueprint.values()).map(Blueprints::model).toList();

    private Blueprints() {}

    static List<Model> all() {
        return ALL;
    }

    static Optional<Model> find(String id) {
        return ALL.stream().filter(model -> model.id().equals(id)).findFirst();
    }

    private static Model model(Blueprint blueprint) {
        return new Model(
                blueprint.id(), WRITTEN_AT, Model.OWNER, null, Model.Kind.BLUEPRINT, null, blueprint.contextLength());
    }
}
