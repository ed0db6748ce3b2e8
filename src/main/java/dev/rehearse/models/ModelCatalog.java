package dev.rehearse.models;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Every model there is: blueprints from the code, base models from {@code <data-dir>/models/}, tuned ones from the
 * database. Nothing is cached, so a folder put there is a model at once. Thread-safe.
 */
@Component
public final class ModelCatalog {
    private static final Logger log = LoggerFactory.getLogger(ModelCatalog.class);

    private final ModelRows rows;
    private final Path folder;
    private final ObjectProvider<ModelHold> holds;

    ModelCatalog(ModelRows rows, DataDirectory data, ObjectProvider<ModelHold> holds) {
        this.rows = rows;
        this.folder = data.dataDir().resolve("models");
        this.holds = holds;
    }

    public Optional<Model> find(String id) {
        return Model.isName(id) ? rows.find(id).or(() -> Blueprints.find(id)).or(() -> findBase(id)) : Optional.empty();
    }

    /** @throws ApiException 404 when there is no such model */
    public Model require(String id) {
        return find(id).orElseThrow(() -> ApiException.notFound(
                "model_not_found",
                "model",
                "The model '" + id + "' does not exist; GET /v1/models lists those that do"));
    }

    /** Tuned models, newest first, then base models and blueprints by name. */
    public List<Model> list() {
        List<Model> tuned = rows.list();
        Set<Path> taken = tuned.stream().map(Model::requireDirectory).collect(Collectors.toSet());
        List<Model> all = new ArrayList<>(tuned);
        ModelDirectory.in(folder).stream()
                .filter(directory -> !taken.contains(directory))
                .map(ModelCatalog::base)
                .forEach(all::add);
        all.addAll(Blueprints.all());
        return List.copyOf(all);
    }

    /**
     * Makes a tuned model known to every replica. Publishing the same model again changes nothing.
     *
     * @throws IllegalArgumentException when it is not a tuned model, or its directory is not a model directory
     */
    public void publish(Model tuned) {
        if (tuned.kind() != Model.Kind.TUNED) {
            throw new IllegalArgumentException(
                    "model " + tuned.id() + " is " + tuned.kind() + "; only a tuned model can be published");
        }
        if (!ModelDirectory.isOne(tuned.requireDirectory())) {
            throw new IllegalArgumentException("model " + tuned.id() + ": " + tuned.requireDirectory()
                    + " is not a model directory (no config.json)");
        }
        rows.insert(tuned);
    }

    /**
     * Deletes a tuned model and its directory.
     *
     * @throws ApiException 404 when there is no such model, 403 when it is not a tuned one, 400 while it is in use
     */
    public void delete(String id) {
        Model model = require(id);
        if (model.kind() != Model.Kind.TUNED) {
            throw ApiException.forbidden(null, "The model '" + id + "' was not made by a job and cannot be deleted");
        }
        holds.orderedStream()
                .flatMap(hold -> hold.release(id).stream())
                .findFirst()
                .ifPresent(reason -> {
                    throw ApiException.invalid("model_in_use", "model", "The model '" + id + "' is in use: " + reason);
                });
        rows.delete(id);
        log.info("model {} deleted", id);
        try {
            ModelDirectory.delete(model.requireDirectory());
        } catch (IOException e) {
            log.warn("model {} is deleted, but its directory {} is not", id, model.directory(), e);
        }
    }

    private Optional<Model> findBase(String id) {
        try {
            Path directory = folder.resolve(id);
            return ModelDirectory.isOne(directory) ? Optional.of(base(directory)) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Model base(Path directory) {
        return new Model(
                directory.getFileName().toString(),
                ModelDirectory.writtenAt(directory),
                Model.OWNER,
                null,
                Model.Kind.BASE,
                directory,
                ModelDirectory.contextLength(directory));
    }
}
