package dev.rehearse;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service on a port of its own and an empty data directory, with one model of random weights. */
final class BenchmarkService implements AutoCloseable {
    static final String MODEL = "random";

    private final Path data;
    private final ConfigurableApplicationContext context;
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI root;

    /**
     * @param vocabulary words that the model's tokenizer has
     * @param shape of the network, for a vocabulary's size
     */
    BenchmarkService(int vocabulary, IntFunction<Architecture> shape, String... properties) throws IOException {
        data = Files.createTempDirectory("benchmark-service");
        writeModel(Files.createDirectories(data.resolve("models").resolve(MODEL)), vocabulary, shape);
        context = new SpringApplicationBuilder(RehearseApplication.class)
                .run(Stream.concat(
                                Stream.of("--server.port=0", "--rehearse.data-dir=" + data), Stream.of(properties))
                        .toArray(String[]::new));
        int port = ((WebServerApplicationContext) context).getWebServer().getPort();
        root = URI.create("http://localhost:" + port);
    }

    private static void writeModel(Path directory, int vocabulary, IntFunction<Architecture> shape)
            throws IOException {
        String words = IntStream.range(0, vocabulary).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        try (Device device = Device.open("cpu")) {
            new TokenizerTrainer(new TokenizerSpec(TokenizerKind.WORD, vocabulary, false))
                    .train(Stream.of(words), 1024, directory);
            try (Tokenizer tokenizer = Tokenizer.open(directory)) {
                Architecture architecture = shape.apply(tokenizer.vocabularySize());
                try (TorchNetwork network = TorchNetwork.create(device, architecture, NetworkOptions.exact(), 1)) {
                    network.save(directory);
                }
                Files.writeString(
                        directory.resolve("config.json"),
                        architecture.toConfig(tokenizer.endId()).toString());
            }
        }
    }

    Device device() {
        return context.getBean(Device.class);
    }

    /** The value of the only meter of this name. */
    double gauge(String name) {
        return context.getBean(MeterRegistry.class).get(name).gauge().value();
    }

    /** Requests answered with this status, and the milliseconds they took in all, as the service measures it. */
    record Answered(long requests, double milliseconds) {}

    Answered answered(int status) {
        Collection<Timer> timers = context.getBean(MeterRegistry.class)
                .get("http.server.requests")
                .tag("status", String.valueOf(status))
                .timers();
        return new Answered(
                timers.stream().mapToLong(Timer::count).sum(),
                timers.stream()
                        .mapToDouble(timer -> timer.totalTime(TimeUnit.MILLISECONDS))
                        .sum());
    }

    URI root() {
        return root;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(root.resolve(path));
    }

    HttpRequest json(String path, String body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    HttpClient http() {
        return http;
    }

    String answer(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return response.body();
    }

    @Override
    public void close() throws IOException {
        context.close();
        try (Stream<Path> files = Files.walk(data)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }
}
