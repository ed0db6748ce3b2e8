package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.GenerationListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

@TestPropertySource(properties = {"rehearse.completions.max-streams=600", "rehearse.completions.timeout=60s"})
class ManyStreamsHttpTest extends ServerTest {
    private static final int STREAMS = 500;

    @Test
    void fiveHundredStreamsGrowAtOnceWithoutAThreadEach() throws Exception {
        BlockingQueue<GenerationListener> growing = new LinkedBlockingQueue<>();
        model.play((request, listener, cancelled) -> growing.add(listener));
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < STREAMS; i++) {
                sockets.add(opened());
            }
            List<GenerationListener> listeners = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                GenerationListener next = growing.poll(20, TimeUnit.SECONDS);
                assertThat(next).as("stream %d", i).isNotNull();
                listeners.add(next);
            }
            long busy = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("reply-"))
                    .count();
            assertThat(busy).isLessThanOrEqualTo(8);
            listeners.forEach(listener -> listener.progressed("one", List.of()));
            listeners.forEach(listener -> listener.finished(completion("one")));
            for (Socket socket : sockets) {
                assertThat(answer(socket)).contains("\"text\":\"one\"").endsWith("data: [DONE]");
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private Socket opened() throws IOException {
        Socket socket = new Socket("localhost", port);
        socket.setSoTimeout(20_000);
        String body = body("'prompt':'a','stream':true");
        socket.getOutputStream()
                .write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String answer(Socket socket) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        while (true) {
            String line = lines.readLine();
            assertThat(line).as(all.toString()).isNotNull();
            all.append(line);
            if (line.equals("data: [DONE]")) {
                return all.toString();
            }
            all.append('\n');
        }
    }
}
