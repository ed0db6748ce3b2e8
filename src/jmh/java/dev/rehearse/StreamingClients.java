package dev.rehearse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads many replies on one thread, a connection each: a client that shares its cores with the service should take little
 * of them. Confined to one thread, except for {@link #ended}.
 */
final class StreamingClients {
    private static final Pattern TOKENS = Pattern.compile("\"completion_tokens\":(\\d+)");

    private final URI service;
    private final Runnable begun;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private final AtomicInteger ended = new AtomicInteger();

    /** @param begun called at the first event of each reply */
    StreamingClients(URI service, Runnable begun) {
        this.service = service;
        this.begun = begun;
    }

    /** How many replies have been read to their ends. */
    int ended() {
        return ended.get();
    }

    /** What one reply took. */
    record Timed(double firstTokenMs, double totalMs, int tokens) {}

    /** Sends completions of these bodies, so many at once, and reads them to their ends; interrupted, it hangs up. */
    List<Timed> read(List<String> bodies, int atOnce) throws IOException {
        Deque<String> waiting = new ArrayDeque<>(bodies);
        List<Timed> replies = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            try {
                while (replies.size() < bodies.size() && !Thread.currentThread().isInterrupted()) {
                    while (!waiting.isEmpty() && selector.keys().size() < atOnce) {
                        open(selector, waiting.remove());
                    }
                    selector.select(key -> take(key, replies));
                    selector.selectNow(); // forgets keys whose channels are closed
                }
            } finally {
                for (SelectionKey key : selector.keys()) {
                    key.channel().close();
                }
            }
        }
        return replies;
    }

    private void open(Selector selector, String body) throws IOException {
        Reply reply = new Reply(System.nanoTime());
        SocketChannel channel = sent(service, body);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, reply);
    }

    /** A connection over which a completion was asked for, and nothing read yet. */
    static SocketChannel sent(URI service, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "POST /v1/completions HTTP/1.1\r\nHost: localhost:" + service.getPort()
                + "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length
                + "\r\nConnection: close\r\n\r\n";
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(service.getHost(), service.getPort()));
        for (byte[] part : List.of(head.getBytes(StandardCharsets.US_ASCII), bytes)) {
            for (ByteBuffer rest = ByteBuffer.wrap(part); rest.hasRemaining(); ) {
                channel.write(rest);
            }
        }
        return channel;
    }

    private void take(SelectionKey key, List<Timed> replies) {
        Reply reply = (Reply) key.attachment();
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            buffer.clear();
            if (channel.read(buffer) >= 0) {
                if (reply.add(StandardCharsets.UTF_8.decode(buffer.flip()).toString())) {
                    begun.run();
                }
            } else {
                channel.close();
                replies.add(reply.timed());
                ended.incrementAndGet();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What has been read of one. */
    private static final class Reply {
        private final long begin;
        private final StringBuilder text = new StringBuilder();
        private double firstTokenMs;

        Reply(long begin) {
            this.begin = begin;
        }

        /** Whether the first event has come with this. */
        boolean add(String read) {
            text.append(read);
            boolean first = firstTokenMs == 0 && text.indexOf("\ndata:") >= 0;
            if (first) {
                firstTokenMs = sinceBegin();
            }
            return first;
        }

        private double sinceBegin() {
            return (System.nanoTime() - begin) / 1e6;
        }

        Timed timed() {
            Matcher tokens = TOKENS.matcher(text);
            if (!tokens.find()) {
                throw new IllegalStateException("no reply: " + text);
            }
            return new Timed(firstTokenMs, sinceBegin(), Integer.parseInt(tokens.group(1)));
        }
    }
}
