package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The largest file that is allowed, and a model as large, through a service whose heap is half as large. */
@Timeout(180)
class LargeUploadTest {
    private static final long LIMIT = 256L << 20;
    private static final String HEAD = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nevals\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large\"\r\n\r\n";
    private static final String TAIL = "\r\n--b--\r\n";

    @TempDir
    Path folder;

    @Test
    void whatIsTwiceAsLargeAsTheHeapGoesInAndComesOut() throws Exception {
        Path data = folder.resolve("data");
        try (ServiceProcess process = ServiceProcess.startWithin(
                "128m", data, folder.resolve("service.log"), "--rehearse.files.max-size=" + LIMIT + "B")) {
            HttpClient http = HttpClient.newHttpClient();
            CheckedInputStream content = new CheckedInputStream(new Noise(LIMIT), new CRC32());
            HttpResponse<String> answer = http.send(upload(process, content), HttpResponse.BodyHandlers.ofString());
            JsonNode file = new JsonMapper().readTree(answer.body());
            assertThat(file.path("bytes").asLong()).as(answer.body()).isEqualTo(LIMIT);
            HttpRequest download = HttpRequest.newBuilder(URI.create("http://localhost:" + process.port + "/v1/files/"
                            + file.path("id").asString("") + "/content"))
                    .build();
            try (CheckedInputStream back = new CheckedInputStream(
                    http.send(download, HttpResponse.BodyHandlers.ofInputStream())
                            .body(),
                    new CRC32())) {
                assertThat(back.transferTo(OutputStream.nullOutputStream())).isEqualTo(LIMIT);
                assertThat(back.getChecksum().getValue())
                        .isEqualTo(content.getChecksum().getValue());
            }
            try (Stream<Path> left = Files.list(data.resolve("files"))) {
                assertThat(left.map(path -> path.getFileName().toString()))
                        .containsExactlyInAnyOrder(".incoming", file.path("id").asString(""));
            }
            assertThat(data.resolve("files/.incoming")).isEmptyDirectory();
            assertThat(exported(process, data)).isGreaterThan(LIMIT);
            assertThat(firstLine(process, "")).startsWith("HTTP/1.1 413");
            assertThat(firstLine(process, "Expect: 100-continue\r\n")).startsWith("HTTP/1.1 413");
        }
    }

    /** The length of a model of as many bytes, most of them holes, as it is exported. */
    private static long exported(ServiceProcess process, Path data) throws Exception {
        Path model = Files.createDirectories(data.resolve("models/large"));
        Files.writeString(model.resolve("config.json"), "{}");
        try (RandomAccessFile weights =
                new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            weights.setLength(LIMIT);
        }
        URI export = URI.create("http://localhost:" + process.port + "/v1/models/large/export");
        try (InputStream archive = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(export).build(), HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
            return archive.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static HttpRequest upload(ServiceProcess process, InputStream content) {
        InputStream body = new SequenceInputStream(Collections.enumeration(List.of(bytes(HEAD), content, bytes(TAIL))));
        return HttpRequest.newBuilder(URI.create("http://localhost:" + process.port + "/v1/files"))
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> body))
                .build();
    }

    /** What is said to a hundred gigabytes of which none is sent. */
    private static String firstLine(ServiceProcess process, String header) throws IOException {
        try (Socket socket = new Socket("localhost", process.port)) {
            socket.setSoTimeout(20_000);
            String request = "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n" + header
                    + "Content-Type: multipart/form-data; boundary=b\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[1_000];
            int length = socket.getInputStream().read(answer);
            return new String(answer, 0, length, StandardCharsets.US_ASCII);
        }
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A random block again and again, each time a little different. */
    private static final class Noise extends InputStream {
        private final byte[] block = new byte[1 << 16];
        private long left;

        Noise(long bytes) {
            left = bytes;
            new Random(1).nextBytes(block);
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("too slow for half a gigabyte");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (left == 0) {
                return -1;
            }
            int bytes = (int) Math.min(left, Math.min(length, block.length));
            System.arraycopy(block, 0, target, offset, bytes);
            target[offset] = (byte) (left >> 16);
            left -= bytes;
            return bytes;
        }
    }
}
