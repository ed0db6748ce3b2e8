package dev.rehearse.jobs;

import dev.rehearse.models.Model;
import dev.rehearse.models.ModelCatalog;
import dev.rehearse.training.Checkpoint;
import dev.rehearse.training.StartingPoint;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** The models that jobs start from, and those they make. Thread-safe for different jobs. */
@Component
final class JobModels {
    private static final Logger log = LoggerFactory.getLogger(JobModels.class);

    private final ModelCatalog catalog;
    private final JobCheckpoints checkpoints;
    private final RunFolder folder;
    private final Organization organization;
    private final Clock clock;

    JobModels(
            ModelCatalog catalog,
            JobCheckpoints checkpoints,
            RunFolder folder,
            Organization organization,
            Clock clock) {
        this.catalog = catalog;
        this.checkpoints = checkpoints;
        this.folder = folder;
        this.organization = organization;
        this.clock = clock;
    }

    /** @throws ApiException 404 when there is no such model */
    StartingPoint startingPoint(String model) {
        return startingPoint(catalog.require(model));
    }

    static StartingPoint startingPoint(Model model) {
        return switch (model.kind()) {
            case BLUEPRINT -> new StartingPoint.Blueprint(model.id());
            case BASE, TUNED -> new StartingPoint.Directory(model.requireDirectory());
        };
    }

    /**
     * Makes the checkpoint a model that replies can be asked of; returns its name.
     *
     * @param training numbers of the step that led there
     */
    String publish(Job job, Checkpoint checkpoint, Map<String, Double> training) {
        Map<String, Double> metrics = new HashMap<>(training);
        metrics.putAll(checkpoint.metrics());
        String model = organization.modelName(job) + ":ckpt-step-" + checkpoint.step();
        String directory = "attempt-" + job.run().attempt() + "-step-" + checkpoint.step();
        publish(job, model, folder.keep(job.id(), directory, checkpoint.directory()));
        checkpoints.put(new JobCheckpoint(
                FreshId.withPrefix("ftckpt_"), job.id(), clock.instant(), checkpoint.step(), model, finite(metrics)));
        return model;
    }

    /** Takes back a checkpoint that was overtaken, unless somebody needs its model. */
    void drop(Job job, int step) {
        checkpoints.all(job.id()).stream()
                .filter(checkpoint -> checkpoint.step() == step)
                .forEach(this::drop);
    }

    /**
     * Leaves the best checkpoints alone: takes back others, such as one of a pause, and makes models of those that are
     * none, since an attempt whose process died had overtaken them.
     */
    void keepOnly(Job job, List<Checkpoint> best) {
        Set<Integer> steps = best.stream().map(Checkpoint::step).collect(Collectors.toSet());
        Set<Integer> published = new HashSet<>();
        for (JobCheckpoint checkpoint : checkpoints.all(job.id())) {
            if (steps.contains(checkpoint.step())) {
                published.add(checkpoint.step());
            } else {
                drop(checkpoint);
            }
        }
        best.stream()
                .filter(checkpoint -> !published.contains(checkpoint.step()))
                .forEach(checkpoint -> publish(job, checkpoint, Map.of()));
    }

    /** Makes the best checkpoint the job's model; returns its name. */
    String publishFinal(Job job, Checkpoint best) {
        String model = organization.modelName(job);
        publish(job, model, folder.keep(job.id(), "attempt-" + job.run().attempt(), best.directory()));
        return model;
    }

    /** Takes back a model of a job that was cancelled at the last moment. */
    void withdraw(String model) {
        delete(model);
    }

    static Map<String, Double> finite(Map<String, Double> metrics) {
        Map<String, Double> finite = new LinkedHashMap<>();
        metrics.keySet().stream().sorted().forEach(name -> {
            Double value = metrics.get(name);
            if (value != null && Double.isFinite(value)) {
                finite.put(name, value);
            }
        });
        return finite;
    }

    private void publish(Job job, String model, Path directory) {
        Optional<Model> earlier = catalog.find(model);
        if (earlier.isPresent() && !directory.equals(earlier.get().directory())) {
            delete(model); // of an earlier attempt, whose process died
        }
        catalog.publish(Model.tuned(
                model,
                clock.instant(),
                organization.organization(),
                job.request().model(),
                directory));
    }

    private void drop(JobCheckpoint checkpoint) {
        if (delete(checkpoint.model())) {
            checkpoints.remove(checkpoint.job(), checkpoint.step());
        }
    }

    private boolean delete(String model) {
        try {
            catalog.delete(model);
            return true;
        } catch (ApiException e) {
            log.info("model {} stays: {}", model, e.getMessage());
            return catalog.find(model).isEmpty();
        }
    }
}
