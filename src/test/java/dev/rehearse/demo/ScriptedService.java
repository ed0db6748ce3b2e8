package dev.rehearse.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Answers by script: each route has answers in turn, the last of which stays. */
final class ScriptedService implements AutoCloseable {
    static final JsonMapper JSON = new JsonMapper();

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else each answer waits 40 ms for an acknowledgement
    }

    record Request(String route, String query, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    record Answer(int status, String body, Map<String, String> headers) {}

    final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Queue<Function<Request, Answer>>> answers = new ConcurrentHashMap<>();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    ScriptedService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    void on(String route, String body) {
        on(route, request -> new Answer(200, body, Map.of()));
    }

    void on(String route, Function<Request, Answer> answer) {
        answers.computeIfAbsent(route, absent -> new ConcurrentLinkedQueue<>(new ArrayDeque<>()))
                .add(answer);
    }

    static Answer error(int status, String message, Map<String, String> headers) {
        return new Answer(
                status,
                "{\"error\": {\"message\": \"" + message + "\", \"type\": \"t\", \"param\": null, \"code\": null}}",
                headers);
    }

    List<Request> on(String route) {
        return requests.stream()
                .filter(request -> request.route().equals(route))
                .toList();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String route =
                exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        String query = exchange.getRequestURI().getQuery();
        Request request = new Request(route, query == null ? "" : query, body);
        requests.add(request);
        Answer answer = next(route).apply(request);
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.getResponseHeaders().set("content-type", "application/json");
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private synchronized Function<Request, Answer> next(String route) {
        Queue<Function<Request, Answer>> scripted = answers.get(route);
        if (scripted == null) {
            return request -> error(404, "Unknown request URL: " + route, Map.of());
        }
        return scripted.size() > 1 ? scripted.remove() : scripted.element();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
