package dev.rehearse.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Creates jobs and follows them to their end. Confined to one thread. */
final class Jobs {
    private static final String PATH = "/v1/fine_tuning/jobs";
    private static final String MARK = "made_by";
    private static final String MARKED = "rehearse-demo";
    private static final Set<String> ENDED = Set.of("succeeded", "failed", "cancelled");

    private final Client client;
    private final Terminal terminal;
    private final Duration betweenLooks;

    Jobs(Client client, Terminal terminal, Duration betweenLooks) {
        this.client = client;
        this.terminal = terminal;
        this.betweenLooks = betweenLooks;
    }

    /** Cancels what a demonstration before this one left behind when it was stopped; nobody else's jobs. */
    void cancelLeftovers() throws InterruptedException {
        String query = "?limit=100&metadata%5B" + MARK + "%5D=" + MARKED;
        for (JsonNode job : client.get(PATH + query).path("data")) {
            if (!ENDED.contains(job.path("status").asString())) {
                String id = job.path("id").asString();
                client.post(PATH + '/' + id + "/cancel");
                terminal.line("Cancelled " + id + ", which an earlier demonstration left unfinished");
            }
        }
    }

    /**
     * Runs a job and returns its model.
     *
     * @throws DemoFailure when it fails or is cancelled, with the reason the job gives
     */
    String run(String name, JsonNode request) throws InterruptedException {
        ObjectNode body = (ObjectNode) request.deepCopy();
        body.withObject("metadata").put(MARK, MARKED);
        String id = client.post(PATH, body).path("id").asString();
        Follow follow = new Follow(name, id);
        JsonNode job = follow.look();
        while (!ENDED.contains(job.path("status").asString())) {
            Thread.sleep(betweenLooks.toMillis());
            job = follow.look();
        }
        String state = job.path("status").asString();
        if (!state.equals("succeeded")) {
            String reason = job.path("error").path("message").asString("");
            throw new DemoFailure("the " + name + " job " + id + ' '
                    + (state.equals("failed") ? "failed" : "was " + state) + (reason.isEmpty() ? "" : ": " + reason));
        }
        String model = job.path("fine_tuned_model").asString();
        terminal.line("model         " + model);
        return model;
    }

    /** One job's events, each told once. */
    private final class Follow {
        private final String name;
        private final String path;
        private final Set<String> told = new HashSet<>();
        private final Map<String, Double> metrics = new HashMap<>();
        private final long begin = System.nanoTime();

        Follow(String name, String id) {
            this.name = name;
            this.path = PATH + '/' + id;
        }

        JsonNode look() throws InterruptedException {
            JsonNode job = client.get(path);
            List<JsonNode> events = new ArrayList<>();
            client.get(path + "/events?limit=20").path("data").forEach(events::add);
            Collections.reverse(events); // oldest first, so that the newest value of a metric stays
            events.stream()
                    .filter(event -> told.add(event.path("id").asString()))
                    .forEach(this::tell);
            JobStatus status = status(job);
            if (ENDED.contains(status.state())) {
                terminal.line(status.lastLine(
                        Duration.ofNanos(System.nanoTime() - begin).toSeconds()));
            } else {
                terminal.status(status.line());
            }
            return job;
        }

        private void tell(JsonNode event) {
            note(event.path("data"));
            note(event.path("data").path("dqn"));
            if (event.path("level").asString("").equals("warn")) {
                terminal.line("  " + event.path("message").asString(""));
            }
        }

        private void note(JsonNode numbers) {
            numbers.properties().forEach(metric -> {
                if (metric.getValue().isNumber()) {
                    metrics.put(metric.getKey(), metric.getValue().asDouble());
                }
            });
        }

        private JobStatus status(JsonNode job) {
            JsonNode progress = job.path("progress");
            boolean running = job.path("status").asString("").equals("running");
            return new JobStatus(
                    name,
                    job.path("status").asString(""),
                    progress.path("step").asInt(0),
                    progress.path("total_steps").asInt(0),
                    running && progress.path("seconds_remaining").isNumber()
                            ? progress.path("seconds_remaining").asLong()
                            : null,
                    metrics);
        }
    }
}
