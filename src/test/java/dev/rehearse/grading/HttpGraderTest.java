package dev.rehearse.grading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.grading.Subject.Moment;
import dev.rehearse.outbound.AllowedHosts;
import dev.rehearse.outbound.Receiver;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against real servers on loopback. */
@Timeout(20)
class HttpGraderTest {
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private static RewardClient client(String... allowed) {
        return new RewardClient(
                new RewardClient.Limits(new AllowedHosts(List.of(allowed)), TIMEOUT, 1_000, 3, Duration.ofMillis(1)));
    }

    private static HttpGrader grader(URI url, int batch) {
        return new HttpGrader("h", url, Map.of("X-Key", "secret"), null, batch);
    }

    private static List<Grade> grade(HttpGrader grader, RewardClient client, Subject... subjects) {
        Services none = Services.none(System::nanoTime);
        return grader.grade(List.of(subjects), new Services(none.embedding(), none.models(), client, none.nanoTime()));
    }

    private static Grade grade(Receiver server) {
        return grade(grader(server.url(), 1), client(server.authority()), reply("x"))
                .get(0);
    }

    private static Subject reply(String text) {
        return Subject.of(Map.of("answer", "a"), new Sample(text));
    }

    private static String problem(Grade grade) {
        assertThat(grade.score()).isZero();
        assertThat(grade.errors()).containsExactly(GradeError.OTHER_ERROR);
        return grade.failures().get(0).problem();
    }

    @Test
    void aReplyIsPostedWithItsRowAndItsMoment() {
        try (Receiver server = Receiver.says(200, "{\"reward\": -2.5, \"why\": \"so\"}")) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("n", 7);
            item.put("none", null);
            Subject subject = new Subject(item, new Sample("{\"a\":[1.0]}"), new Moment(3, 10));
            Grade grade = grade(grader(server.url(), 1), client(server.authority()), subject)
                    .get(0);
            assertThat(grade.score()).isEqualTo(-2.5);
            assertThat(grade.calls()).singleElement().satisfies(call -> {
                assertThat(call.type()).isEqualTo("http");
                assertThat(call.nanos()).isPositive();
            });
            assertThat(server.bodies)
                    .containsExactly(
                            "{\"sample\":{\"output_text\":\"{\\\"a\\\":[1.0]}\",\"output_json\":{\"a\":[1.0]}},"
                                    + "\"item\":{\"n\":7,\"none\":null},\"step\":3,\"total_steps\":10}");
            var headers = server.exchanges.get(0).getRequestHeaders();
            assertThat(headers.getFirst("X-Key")).isEqualTo("secret");
            assertThat(headers.getFirst("Content-Type")).isEqualTo("application/json");
        }
    }

    @Test
    void repliesGoInBatchesAndOneWithoutARewardIsItsOwnErrorAlone() {
        try (Receiver server = new Receiver((request, exchange) ->
                Receiver.answer(exchange, 200, request == 1 ? "{\"rewards\":[1,null]}" : "{\"rewards\":[0.25]}"))) {
            List<Grade> grades =
                    grade(grader(server.url(), 2), client(server.authority()), reply("a"), reply("b"), reply("c"));
            assertThat(grades).extracting(Grade::score).containsExactly(1.0, 0.0, 0.25);
            assertThat(grades).extracting(grade -> grade.errors().size()).containsExactly(0, 1, 0);
            assertThat(server.bodies.get(0))
                    .isEqualTo("{\"items\":[{\"sample\":{\"output_text\":\"a\"},\"item\":{\"answer\":\"a\"}},"
                            + "{\"sample\":{\"output_text\":\"b\"},\"item\":{\"answer\":\"a\"}}]}");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void aServerThatIsBusyOrBrokenIsAskedAgain(int status) {
        try (Receiver server = new Receiver(
                (request, exchange) -> Receiver.answer(exchange, request < 3 ? status : 200, "{\"reward\":1}"))) {
            assertThat(grade(server).score()).isEqualTo(1);
            assertThat(server.bodies).hasSize(3);
        }
    }

    @Test
    void afterTheLastTryItIsAnError() {
        try (Receiver server = Receiver.says(503, "overloaded")) {
            assertThat(problem(grade(server))).contains("answered 503: overloaded, 3 times");
            assertThat(server.bodies).hasSize(3);
        }
    }

    @Test
    void aRefusalIsNotAskedAgain() {
        try (Receiver server = Receiver.says(400, "no such row")) {
            assertThat(problem(grade(server))).endsWith("answered 400: no such row");
            assertThat(server.bodies).hasSize(1);
        }
    }

    @Test
    void aConnectionThatBreaksIsTriedAgain() {
        try (Receiver server = new Receiver((request, exchange) -> {
            if (request > 1) {
                Receiver.answer(exchange, 200, "{\"reward\":1}");
            }
        })) {
            assertThat(grade(server).score()).isEqualTo(1);
        }
    }

    @Test
    void nobodyListeningIsAnError() throws IOException {
        String free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = "127.0.0.1:" + socket.getLocalPort();
        }
        assertThat(problem(grade(grader(URI.create("http://" + free + "/"), 1), client(free), reply("x"))
                        .get(0)))
                .contains("ConnectException");
    }

    @Test
    void aRedirectIsNotFollowed() {
        try (Receiver inside = Receiver.says(200, "{\"reward\":1}");
                Receiver server = new Receiver((request, exchange) -> {
                    exchange.getResponseHeaders().set("Location", inside.url().toString());
                    Receiver.answer(exchange, 302, "");
                })) {
            assertThat(problem(grade(server))).contains("302").contains("not followed");
            assertThat(inside.bodies).isEmpty();
        }
    }

    @Test
    void anAnswerThatNeverEndsIsCutOffByTheDeadline() {
        try (Receiver server = new Receiver((request, exchange) -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            try {
                Thread.sleep(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })) {
            HttpGrader hasty = new HttpGrader("h", server.url(), Map.of(), Duration.ofMillis(100), 1);
            assertThat(problem(
                            grade(hasty, client(server.authority()), reply("x")).get(0)))
                    .contains("did not answer within 100 ms, 3 times");
        }
    }

    @Test
    void anAnswerThatIsTooLongIsNotReadAndNotAskedForAgain() {
        try (Receiver server = Receiver.says(200, "{\"reward\":1}" + " ".repeat(1_000))) {
            assertThat(problem(grade(server))).contains("longer than 1000 bytes");
            assertThat(server.bodies).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "[1]",
                "{}",
                "{\"reward\":\"1\"}",
                "{\"reward\":1e999}",
                "{\"rewards\":[1]}",
                "<html>",
                "{\"reward\":"
            })
    void anythingButANumberIsAnError(String answer) {
        try (Receiver server = Receiver.says(200, answer)) {
            assertThat(problem(grade(server))).contains("expected");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"rewards\":[1]}", "{\"rewards\":[1,2,3]}", "{\"rewards\":{}}", "{\"reward\":1}"})
    void aBatchNeedsAsManyRewardsAsReplies(String answer) {
        try (Receiver server = Receiver.says(200, answer)) {
            List<Grade> grades = grade(grader(server.url(), 2), client(server.authority()), reply("a"), reply("b"));
            assertThat(grades).allSatisfy(grade -> assertThat(problem(grade)).contains("[2 numbers]"));
        }
    }

    @Test
    void whatIsNotOnTheListIsNeverAsked() {
        try (Receiver server = Receiver.says(200, "{\"reward\":1}")) {
            for (RewardClient client : List.of(client(), client("127.0.0.1:1"), client("localhost:80"))) {
                Grade grade = grade(grader(server.url(), 1), client, reply("x")).get(0);
                assertThat(problem(grade)).contains("not on the list");
            }
            assertThat(server.bodies).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://a.example.org/",
                "file:///etc/passwd",
                "http:///x",
                "/x",
                "http://u:p@a.example.org/",
                "http://a.example.org/#f"
            })
    void onlyPlainWebAddressesAreAddresses(String url) {
        assertThatThrownBy(() -> grader(URI.create(url), 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headersThatCannotBeSentAreRefused() {
        URI url = URI.create("http://a.example.org/");
        Stream.of(Map.of("Host", "b"), Map.of("X", "a\r\nY: b"), Map.of("Content-Length", "1"), Map.of("", ""))
                .forEach(headers -> assertThatThrownBy(() -> new HttpGrader("h", url, headers, null, 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("headers"));
        assertThat(Arrays.asList(0, 257))
                .allSatisfy(
                        batch -> assertThatThrownBy(() -> grader(url, batch)).hasMessageContaining("1 to 256"));
    }
}
