package dev.rehearse.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Words to phonemes, from a file to a model that has learned by replay: upload, supervised job, evaluation,
 * reinforcement job, evaluation. Confined to one thread.
 */
final class PronunciationDemo {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> FILES = List.of("training_file", "validation_file");

    private final DemoSettings settings;
    private final Client client;
    private final Terminal terminal;
    private final Jobs jobs;
    private final Map<String, String> fileIds = new HashMap<>();

    PronunciationDemo(DemoSettings settings, Client client, Terminal terminal) {
        this(settings, client, terminal, Duration.ofMillis(500));
    }

    PronunciationDemo(DemoSettings settings, Client client, Terminal terminal, Duration betweenLooks) {
        this.settings = settings;
        this.client = client;
        this.terminal = terminal;
        this.jobs = new Jobs(client, terminal, betweenLooks);
    }

    /** @throws DemoFailure when the service refuses something or a job fails */
    void run() throws InterruptedException {
        long begin = System.nanoTime();
        List<Word> words = Word.read(settings.data().resolve("test.jsonl"), settings.words());
        ObjectNode supervised = request(settings.supervised());
        ObjectNode reinforcement = request(settings.reinforcement());
        terminal.line("Rehearse learns to pronounce: letters in, phonemes out. All of this goes over HTTP.");
        jobs.cancelLeftovers();
        upload(supervised);
        upload(reinforcement);
        Exam exam = new Exam(client, terminal, settings, words);

        String imitator = jobs.run("supervised", supervised);
        Scores before = exam.take(imitator);
        String learner = jobs.run("reinforcement", reinforcement.put("model", imitator));
        Scores after = exam.take(learner);

        new Report(before, after).lines().forEach(terminal::line);
        long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
        goOn(learner, JobStatus.clock(seconds), words.get(0));
    }

    private static ObjectNode request(Path file) {
        try {
            return (ObjectNode) JSON.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new DemoFailure("cannot read the job " + file + "; rehearse.demo.supervised and"
                    + " rehearse.demo.reinforcement name the files");
        } catch (JacksonException | ClassCastException e) {
            throw new DemoFailure("the job " + file + " is no JSON object: " + e.getMessage());
        }
    }

    /** Uploads the files that the request names, each once, and puts their ids in. */
    private void upload(ObjectNode request) throws InterruptedException {
        for (String field : FILES) {
            JsonNode name = request.path(field);
            if (name.isString()) {
                request.put(field, upload(name.asString()));
            }
        }
    }

    private String upload(String name) throws InterruptedException {
        String known = fileIds.get(name);
        if (known != null) {
            return known;
        }
        String id = client.upload(settings.data().resolve(name));
        fileIds.put(name, id);
        terminal.line(String.format("uploaded      %-32s %s", name, id));
        return id;
    }

    private void goOn(String model, String time, Word word) {
        ObjectNode chat = JSON.createObjectNode().put("model", model).put("temperature", 0);
        chat.set("messages", word.messages());
        List.of(
                        "",
                        "Done in " + time + ". " + (settings.exit() ? "The service stops." : "The service goes on:"),
                        "  " + client.url() + "/swagger-ui.html     every request, ready to try",
                        "  " + client.url() + "/actuator/health     is it well",
                        "  curl " + client.url() + "/v1/chat/completions -H 'content-type: application/json' \\",
                        "    -d '" + JSON.writeValueAsString(chat).replace("'", "'\\''") + "'")
                .forEach(terminal::line);
    }
}
