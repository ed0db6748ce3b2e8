package dev.rehearse;

import dev.rehearse.networks.Blueprint;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Device.Priority;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One stream and one supervised job, both of {@code gpt2-tiny}'s shape, on one device: the time between the stream's
 * tokens, alone and beside the job, and what the job loses to it. Run in the project's directory.
 */
public final class FairnessBenchmark {
    private static final Path EXAMPLES = Path.of("src/examples/pronunciation/supervised-train.jsonl");
    private static final double SECONDS = 20;
    /** Pieces of work after which the service runs as compiled code. */
    private static final int WARM = 300;
    /** More than the job will make. */
    private static final int UPDATES = 10_000;

    private final BenchmarkService service;

    private FairnessBenchmark(BenchmarkService service) {
        this.service = service;
    }

    public static void main(String[] arguments) throws Exception {
        try (BenchmarkService service = new BenchmarkService(500, Blueprint.GPT2_TINY::architecture)) {
            new FairnessBenchmark(service).run();
        }
    }

    private void run() throws Exception {
        stream(3);
        report("stream alone", stream(SECONDS));
        String job = startedJob();
        Rate alone = training(() -> Thread.sleep((long) (SECONDS * 1000)));
        Device.Done before = service.device().done(Priority.SERVING);
        List<List<Double>> gaps = new ArrayList<>();
        Rate beside = training(() -> gaps.add(stream(SECONDS)));
        double served = service.device()
                        .done(Priority.SERVING)
                        .time()
                        .minus(before.time())
                        .toNanos()
                / 1e9
                / beside.seconds();
        report("stream beside the job", gaps.get(0));
        System.out.printf(
                "training: %.2f updates a second and pieces of %.1f ms alone, %.2f and %.1f ms beside the stream, a loss of"
                        + " %.1f%%; the stream had %.1f%% of the device's time%n",
                alone.updatesPerSecond(),
                alone.milliseconds(),
                beside.updatesPerSecond(),
                beside.milliseconds(),
                100 * (1 - beside.updatesPerSecond() / alone.updatesPerSecond()),
                100 * served);
        service.answer(service.json("/v1/fine_tuning/jobs/" + job + "/cancel", ""));
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    /**
     * @param milliseconds that one piece had the device
     * @param seconds for which it was looked at
     */
    private record Rate(double updatesPerSecond, double milliseconds, double seconds) {}

    private Rate training(Meanwhile meanwhile) throws Exception {
        Device.Done before = service.device().done(Priority.TRAINING);
        long updates = updates();
        long begin = System.nanoTime();
        meanwhile.run();
        double seconds = (System.nanoTime() - begin) / 1e9;
        updates = updates() - updates;
        Device.Done after = service.device().done(Priority.TRAINING);
        long pieces = after.pieces() - before.pieces();
        return new Rate(
                updates / seconds, after.time().minus(before.time()).toNanos() / 1e6 / pieces, seconds);
    }

    private long updates() {
        return Math.round(service.gauge("rehearse.job.progress.ratio") * UPDATES);
    }

    private static void report(String what, List<Double> gapsMs) {
        double[] sorted = gapsMs.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        System.out.printf(
                "%s: %d tokens; between two of them median %.1f ms, 99th percentile %.1f ms, longest %.1f ms%n",
                what,
                sorted.length,
                sorted[sorted.length / 2],
                sorted[sorted.length * 99 / 100],
                sorted[sorted.length - 1]);
    }

    /** Milliseconds between the tokens of streams that follow one another. */
    private List<Double> stream(double seconds) throws IOException, InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        List<Double> gaps = new ArrayList<>();
        while (System.nanoTime() < end) {
            HttpRequest request = service.json(
                    "/v1/completions",
                    "{\"model\":\"" + BenchmarkService.MODEL
                            + "\",\"prompt\":[5,6,7,8],\"max_tokens\":56,\"stream\":true}");
            long last = 0;
            HttpResponse<Stream<String>> response = service.http().send(request, BodyHandlers.ofLines());
            try (Stream<String> lines = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IllegalStateException(lines.collect(Collectors.joining()));
                }
                for (String line : (Iterable<String>) lines.filter(each -> each.contains("\"text\""))::iterator) {
                    long now = System.nanoTime();
                    if (last > 0) {
                        gaps.add((now - last) / 1e6);
                    }
                    last = now;
                }
            }
        }
        return gaps;
    }

    private String startedJob() throws Exception {
        String file = id("file", service.answer(upload()));
        String job = id(
                "ftjob",
                service.answer(service.json(
                        "/v1/fine_tuning/jobs",
                        "{\"model\":\"gpt2-tiny\",\"training_file\":\"" + file
                                + "\",\"method\":{\"type\":\"supervised\",\"supervised\":{\"max_steps\":" + UPDATES
                                + ",\"hyperparameters\":{\"n_epochs\":50},"
                                + "\"tokenizer\":{\"kind\":\"word\"}}}}")));
        long begun = service.device().done(Priority.TRAINING).pieces();
        while (service.device().done(Priority.TRAINING).pieces() < begun + WARM) {
            Thread.sleep(100);
        }
        return job;
    }

    private HttpRequest upload() throws IOException {
        String boundary = "----benchmark";
        String body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--"
                + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"train.jsonl\"\r\n\r\n"
                + Files.readString(EXAMPLES) + "\r\n--" + boundary + "--\r\n";
        return service.request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static String id(String prefix, String json) {
        Matcher id = Pattern.compile("\"(" + prefix + "-[A-Za-z0-9]+)\"").matcher(json);
        if (!id.find()) {
            throw new IllegalStateException("no " + prefix + " in " + json);
        }
        return id.group(1);
    }
}
