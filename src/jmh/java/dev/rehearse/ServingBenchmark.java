package dev.rehearse;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The service with GPT-2 small's shape (random weights), driven over HTTP: streamed completions of 64 tokens after prompts
 * of 64 different tokens. Arguments: the weights' type, then how many short requests to watch the memory over.
 */
public final class ServingBenchmark {
    private static final int VOCABULARY = 50_257;
    private static final int TOKENS = 64;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Random random = new Random(1);
    private final URI completions;

    private ServingBenchmark(int port) {
        completions = URI.create("http://localhost:" + port + "/v1/completions");
    }

    /** What one streamed reply took. */
    private record Timed(double firstTokenMs, double totalMs, int tokens) {}

    public static void main(String[] arguments) throws Exception {
        String weights = arguments.length > 0 && !arguments[0].startsWith(".") ? arguments[0] : "bf16";
        int soak = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
        Path data = Files.createTempDirectory("serving-benchmark");
        writeModel(Files.createDirectories(data.resolve("models/small")));
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(RehearseApplication.class)
                .run("--server.port=0", "--rehearse.data-dir=" + data, "--rehearse.generation.weights=" + weights)) {
            int port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
            new ServingBenchmark(port).run(weights, soak);
        } finally {
            try (Stream<Path> files = Files.walk(data)) {
                files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
            }
        }
    }

    private static void writeModel(Path directory) throws IOException {
        String words = IntStream.range(0, VOCABULARY).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.WORD, VOCABULARY, false))
                .train(Stream.of(words), 1024, directory);
        try (Tokenizer tokenizer = Tokenizer.open(directory);
                Device device = Device.open("cpu")) {
            Architecture architecture = Gpt2.of(tokenizer.vocabularySize(), 1024, 768, 12, 12);
            try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 1)) {
                network.save(directory);
            }
            Files.writeString(
                    directory.resolve("config.json"),
                    architecture.toConfig(tokenizer.endId()).toString());
        }
    }

    private void run(String weights, int soak) throws Exception {
        streams(1, 2);
        streams(16, 1);
        report(weights, 1, 5);
        report(weights, 16, 3);
        if (soak > 0) {
            shortRequests(Math.min(soak, 1000));
            long before = residentKilobytes();
            shortRequests(soak);
            System.out.printf(
                    "%s: resident memory %d MB, after %d more requests %d MB%n",
                    weights, before / 1024, soak, residentKilobytes() / 1024);
        }
    }

    private void report(String weights, int streams, int rounds) throws Exception {
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
    }

    private List<Timed> streams(int streams, int rounds) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(streams);
        try {
            List<Future<Timed>> replies = new ArrayList<>();
            for (int i = 0; i < streams * rounds; i++) {
                String body = body(TOKENS, TOKENS);
                replies.add(clients.submit(() -> stream(body)));
            }
            List<Timed> all = new ArrayList<>();
            for (Future<Timed> reply : replies) {
                all.add(reply.get());
            }
            return all;
        } finally {
            clients.shutdownNow();
        }
    }

    private String body(int promptTokens, int maxTokens) {
        int[] prompt = random.ints(promptTokens, 100, 50_000).toArray();
        return "{\"model\":\"small\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":" + maxTokens
                + ",\"seed\":1,\"prompt\":" + Arrays.toString(prompt) + "}";
    }

    private Timed stream(String body) {
        HttpRequest request = HttpRequest.newBuilder(completions)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long begin = System.nanoTime();
        double first = 0;
        int tokens = 0;
        try (Stream<String> lines = http.send(request, BodyHandlers.ofLines()).body()) {
            for (String line : (Iterable<String>) lines::iterator) {
                if (first == 0 && line.startsWith("data:")) {
                    first = (System.nanoTime() - begin) / 1e6;
                }
                int at = line.indexOf("\"completion_tokens\":");
                if (at >= 0) {
                    tokens = Integer.parseInt(line.substring(at + 20).split("[,}]")[0].trim());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (tokens == 0) {
            throw new IllegalStateException("no reply to " + body);
        }
        return new Timed(first, (System.nanoTime() - begin) / 1e6, tokens);
    }

    private void shortRequests(int count) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(16);
        try {
            List<Future<Timed>> replies = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String body = body(4 + i % 5, 1 + i % 3);
                replies.add(clients.submit(() -> stream(body)));
            }
            for (Future<Timed> reply : replies) {
                reply.get();
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private static long residentKilobytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        }
    }
}
