package dev.rehearse.models;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The shapes a job can make a fresh network of. Stateless; any thread. */
final class Blueprints {
    private static final Instant WRITTEN_AT = Instant.parse("2026-11-23T00:00:00Z");
    private static final List<Model> ALL = List.of(blueprint("gpt2-tiny"), blueprint("gpt2-small"));

    private Blueprints() {}

    static List<Model> all() {
        return ALL;
    }

    static Optional<Model> find(String id) {
        return ALL.stream().filter(model -> model.id().equals(id)).findFirst();
    }

    private static Model blueprint(String id) {
        return new Model(id, WRITTEN_AT, Model.OWNER, null, Model.Kind.BLUEPRINT, null, null);
    }
}
