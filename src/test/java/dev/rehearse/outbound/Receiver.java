package dev.rehearse.outbound;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A server on loopback that answers as the test says and remembers what it was asked. */
public final class Receiver implements AutoCloseable {
    /** What it does with the n-th request, counted from 1. */
    public interface Script {
        void answer(int request, HttpExchange exchange) throws IOException;
    }

    public final List<String> bodies = new CopyOnWriteArrayList<>();
    public final List<HttpExchange> exchanges = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    public Receiver(Script script) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            int number;
            synchronized (bodies) {
                bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                exchanges.add(exchange);
                number = bodies.size();
                bodies.notifyAll();
            }
            script.answer(number, exchange);
            exchange.close();
        });
        server.setExecutor(threads);
        server.start();
    }

    /** The n-th request, counted from 1, once it is there. */
    public HttpExchange await(int request) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        synchronized (bodies) {
            while (bodies.size() < request) {
                long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (millis <= 0) {
                    throw new AssertionError("no request " + request + " within a minute");
                }
                bodies.wait(millis);
            }
            return exchanges.get(request - 1);
        }
    }

    public static Receiver says(int status, String body) {
        return new Receiver((request, exchange) -> answer(exchange, status, body));
    }

    public static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    public String authority() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public URI url() {
        return URI.create("http://" + authority() + "/grade");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
