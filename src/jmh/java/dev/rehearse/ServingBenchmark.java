package dev.rehearse;

import dev.rehearse.StreamingClients.Timed;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The service with GPT-2 small's shape (random weights), driven over HTTP: streamed completions of 64 tokens after prompts
 * of 64 different tokens. Arguments: the weights' type; then {@code speed}, {@code overload} or {@code soak} and a number
 * of requests, which a network of two small layers answers. With {@code LLAMA_CPP}, the directory of an installed npm
 * package node-llama-cpp, in the environment, speed is that of llama.cpp, too.
 */
public final class ServingBenchmark {
    private static final int VOCABULARY = 50_257;
    private static final int TOKENS = 64;
    private static final int STREAMS = 16;

    private final BenchmarkService service;
    private final String weights;
    private final Random random = new Random(1);

    private ServingBenchmark(BenchmarkService service, String weights) {
        this.service = service;
        this.weights = weights;
    }

    public static void main(String[] arguments) throws Exception {
        String weights = argument(arguments, 0, "int8");
        String what = argument(arguments, 1, "speed");
        // What a request leaves behind does not depend on the network's size, but its time does.
        boolean small = what.equals("soak");
        try (BenchmarkService service = new BenchmarkService(
                VOCABULARY,
                vocabulary -> small ? Gpt2.of(vocabulary, 1024, 64, 2, 2) : Gpt2.of(vocabulary, 1024, 768, 12, 12),
                "--rehearse.generation.weights=" + weights,
                "--rehearse.generation.max-queued-tokens=16384")) {
            ServingBenchmark benchmark = new ServingBenchmark(service, weights);
            switch (what) {
                case "speed" -> benchmark.speed();
                case "overload" -> benchmark.overload();
                case "soak" -> benchmark.soak(Integer.parseInt(argument(arguments, 2, "10000")));
                default -> throw new IllegalArgumentException("allowed: speed, overload, soak");
            }
        }
    }

    private static String argument(String[] arguments, int index, String absent) {
        boolean given = index < arguments.length && !arguments[index].startsWith(".");
        return given ? arguments[index] : absent;
    }

    private void speed() throws Exception {
        streams(1, 2);
        streams(STREAMS, 1);
        double one = report(1, 8);
        double sixteen = report(STREAMS, 3);
        overhead(true);
        overhead(false);
        String peer = System.getenv("LLAMA_CPP");
        if (peer != null) {
            compare(peer, one, sixteen);
        }
    }

    private void compare(String peer, double one, double sixteen) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("node", "src/jmh/llama.cpp/speed.mjs", peer, weights)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("llama.cpp failed: " + said);
        }
        JsonNode speed = new JsonMapper().readTree(said);
        double oneOfPeer = speed.at("/one/all").asDouble();
        double sixteenOfPeer = speed.at("/sixteen/all").asDouble();
        System.out.printf(
                "%s, llama.cpp: 1 stream %.0f tokens/s, ours %.2f times that; %d streams %.0f tokens/s, ours %.2f times%n",
                weights, oneOfPeer, one / oneOfPeer, STREAMS, sixteenOfPeer, sixteen / sixteenOfPeer);
    }

    /** Returns the tokens per second in all. */
    private double report(int streams, int rounds) throws Exception {
        long begin = System.nanoTime();
        List<Timed> all = streams(streams, rounds);
        double seconds = (System.nanoTime() - begin) / 1e9;
        int tokens = all.stream().mapToInt(Timed::tokens).sum();
        double[] first = all.stream().mapToDouble(Timed::firstTokenMs).sorted().toArray();
        double growing = all.stream()
                .mapToDouble(one -> (one.tokens() - 1) / (one.totalMs() - one.firstTokenMs()) * 1e3)
                .average()
                .orElse(0);
        System.out.printf(
                "%s, %d streams: %.0f tokens/s in all; after the first token %.1f tokens/s per stream; first token"
                        + " median %.0f ms, longest %.0f ms%n",
                weights, streams, tokens / seconds, growing, first[first.length / 2], first[first.length - 1]);
        return tokens / seconds;
    }

    /** Time per step in which the device does nothing, while every reply grows: told token by token, or at the end. */
    private void overhead(boolean streamed) throws Exception {
        CountDownLatch growing = new CountDownLatch(STREAMS);
        StreamingClients clients = new StreamingClients(service.root(), growing::countDown);
        List<String> bodies =
                Stream.generate(() -> body(TOKENS, 900, streamed)).limit(STREAMS).toList();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<?> replies = thread.submit(() -> clients.read(bodies, STREAMS));
            if (!streamed) {
                Thread.sleep(Duration.ofSeconds(3).toMillis()); // while the prompts are read
            } else {
                while (!growing.await(1, TimeUnit.SECONDS)) {
                    if (replies.isDone()) {
                        throw new IllegalStateException("replies ended before all had begun: " + replies.get());
                    }
                }
            }
            Device.Done before = nextDone(replies);
            long begin = System.nanoTime();
            Thread.sleep(Duration.ofSeconds(4).toMillis());
            Device.Done after = nextDone(replies);
            long wall = System.nanoTime() - begin;
            if (clients.ended() > 0) {
                throw new IllegalStateException(clients.ended() + " replies ended while steps were counted");
            }
            long steps = after.pieces() - before.pieces();
            long busy = after.time().minus(before.time()).toNanos();
            System.out.printf(
                    "%s, %d %s: %.2f ms a step, of which %.3f ms outside the device's calls%n",
                    weights,
                    STREAMS,
                    streamed ? "streams" : "replies that are sent when they are whole",
                    wall / 1e6 / steps,
                    (wall - busy) / 1e6 / steps);
        } finally {
            thread.shutdownNow(); // hangs up
            if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("a client did not hang up");
            }
        }
    }

    /** At the end of a step, as only whole ones are counted. */
    private Device.Done nextDone(Future<?> replies) throws InterruptedException, ExecutionException {
        Device.Done before = service.device().done(Device.Priority.SERVING);
        Device.Done now = before;
        while (now.pieces() == before.pieces()) {
            if (replies.isDone()) {
                throw new IllegalStateException("all replies ended: " + replies.get());
            }
            LockSupport.parkNanos(100_000);
            now = service.device().done(Device.Priority.SERVING);
        }
        return now;
    }

    private List<Timed> streams(int streams, int rounds) throws IOException {
        return read(
                streams,
                Stream.generate(() -> body(TOKENS, TOKENS))
                        .limit((long) streams * rounds)
                        .toList());
    }

    private List<Timed> read(int atOnce, List<String> bodies) throws IOException {
        return new StreamingClients(service.root(), () -> {}).read(bodies, atOnce);
    }

    private String body(int promptTokens, int maxTokens) {
        return body(promptTokens, maxTokens, true);
    }

    private String body(int promptTokens, int maxTokens, boolean streamed) {
        int[] prompt = random.ints(promptTokens, 100, 50_000).toArray();
        return "{\"model\":\"" + BenchmarkService.MODEL
                + (streamed ? "\",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "\"")
                + ",\"max_tokens\":" + maxTokens
                + ",\"seed\":1,\"prompt\":" + Arrays.toString(prompt) + "}";
    }

    /** While every slot and the queue are full: how fast others are turned away. */
    private void overload() throws Exception {
        streams(STREAMS, 1);
        List<CompletableFuture<?>> crowd = new ArrayList<>(crowd()); // takes the slots, once it has left the queue
        Thread.sleep(Duration.ofSeconds(3).toMillis());
        List<CompletableFuture<?>> queued = crowd(); // takes the queue
        crowd.addAll(queued);
        CompletableFuture.anyOf(queued.toArray(CompletableFuture[]::new)).join(); // the first that is turned away
        Thread.sleep(Duration.ofSeconds(2).toMillis()); // while the others of them are
        List<SocketChannel> admitted = new ArrayList<>();
        for (int round = 0; round < 5; round++) { // a young process interprets what it answers with
            refusals(200, admitted);
        }
        crowd.forEach(one -> one.cancel(true));
        for (SocketChannel channel : admitted) {
            channel.close();
        }
    }

    /** @param admitted takes the connections of those that found a place in the queue: hanging up would make room */
    private void refusals(int count, List<SocketChannel> admitted) throws IOException {
        BenchmarkService.Answered before = service.answered(429);
        List<Double> refused = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long begin = System.nanoTime();
            SocketChannel channel = StreamingClients.sent(service.root(), body(TOKENS, 512));
            int status = statusWithinASecond(channel);
            double ms = (System.nanoTime() - begin) / 1e6;
            switch (status) {
                case 429 -> {
                    refused.add(ms);
                    channel.close();
                }
                case 0 -> admitted.add(channel);
                default -> throw new IllegalStateException("status " + status);
            }
        }
        double[] sorted = refused.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        if (sorted.length == 0) {
            throw new IllegalStateException("nobody was turned away within a second");
        }
        BenchmarkService.Answered after = service.answered(429);
        System.out.printf(
                "%s: %d of %d requests beside a full queue got 429 within a second; median %.1f ms, 95th percentile %.1f"
                        + " ms, longest %.1f ms; in the service %.1f ms in the mean%n",
                weights,
                sorted.length,
                count,
                sorted[sorted.length / 2],
                sorted[sorted.length * 95 / 100],
                sorted[sorted.length - 1],
                (after.milliseconds() - before.milliseconds()) / (after.requests() - before.requests()));
    }

    private List<CompletableFuture<?>> crowd() {
        List<CompletableFuture<?>> crowd = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            HttpRequest request = service.json("/v1/completions", body(TOKENS, 512));
            crowd.add(service.http().sendAsync(request, BodyHandlers.discarding()));
        }
        return crowd;
    }

    /** 0 where there is none yet: the request has a place in the queue. */
    private static int statusWithinASecond(SocketChannel channel) throws IOException {
        channel.socket().setSoTimeout(1000);
        byte[] line = new byte["HTTP/1.1 429".length()];
        try {
            int read = channel.socket().getInputStream().readNBytes(line, 0, line.length);
            if (read < line.length) {
                throw new EOFException("no answer");
            }
            return Integer.parseInt(new String(line, StandardCharsets.US_ASCII).substring("HTTP/1.1 ".length()));
        } catch (SocketTimeoutException e) {
            return 0;
        }
    }

    private void soak(int requests) throws Exception {
        shortRequests(1000);
        long before = residentMegabytes();
        System.out.printf("%s: %d MB after 1,000 requests%n", weights, before);
        int parts = 5;
        for (int part = 1; part <= parts; part++) {
            shortRequests(requests / parts);
            long now = residentMegabytes();
            System.out.printf("%s: %d MB (%+d) after %d more%n", weights, now, now - before, part * requests / parts);
        }
    }

    private void shortRequests(int count) throws IOException {
        read(
                STREAMS,
                IntStream.range(0, count)
                        .mapToObj(i -> body(4 + i % 5, 1 + i % 3))
                        .toList());
    }

    /** Resident memory of the process, which shows what is not the heap's only where the heap is fixed and touched. */
    private static long residentMegabytes() throws IOException {
        System.gc();
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum()
                    / 1024;
        }
    }
}
