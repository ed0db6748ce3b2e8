package dev.rehearse.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Databases;
import dev.rehearse.SettableClock;
import dev.rehearse.outbound.Receiver;
import dev.rehearse.web.DataDirectory;
import dev.rehearse.web.PageQuery;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Deliveries against a real receiver, with a clock that the test sets. */
class CourierTest {
    abstract static class OnAnyDatabase {
        @TempDir
        Path data;

        private final SettableClock clock = new SettableClock(Instant.parse("2026-11-27T10:00:00.123456Z"));
        private final Receiver receiver =
                new Receiver((request, exchange) -> Receiver.answer(exchange, request < 3 ? 500 : 200, "thanks"));
        private JdbcClient jdbc;
        private TransactionTemplate transaction;
        private EndpointRows endpoints;
        private DeliveryRows deliveries;

        abstract DataSource database();

        @BeforeEach
        void migrate() {
            Databases.emptied(database());
            jdbc = JdbcClient.create(database());
            transaction = new TransactionTemplate(new JdbcTransactionManager(database()));
            endpoints = new EndpointRows(jdbc);
            deliveries = new DeliveryRows(jdbc);
        }

        @AfterEach
        void stop() {
            receiver.close();
        }

        @Test
        void aDeliveryIsTriedAgainAfterGrowingPausesUntilItComesThrough() {
            Endpoint endpoint = endpoint(receiver.url(), EventType.JOB_FAILED);
            Delivery first = announced(endpoint);
            Courier courier = courier(settings(8));
            assertThat(courier.attempt(first.id())).contains(clock.instant().plusSeconds(5));
            Delivery waiting = deliveries.find(first.id()).orElseThrow();
            assertThat(waiting.state()).isEqualTo(Delivery.State.PENDING);
            assertThat(waiting.tries()).isEqualTo(new Delivery.Tries(1, clock.instant(), 500, "answered 500"));
            assertThat(waiting.next()).isEqualTo(clock.instant().plusSeconds(5));
            assertThat(courier.attempt(first.id())).contains(clock.instant().plusSeconds(20));
            clock.advance(Duration.ofSeconds(60));
            assertThat(courier.attempt(first.id())).isEmpty();
            Delivery done = deliveries.find(first.id()).orElseThrow();
            assertThat(done.state()).isEqualTo(Delivery.State.DELIVERED);
            assertThat(done.tries()).isEqualTo(new Delivery.Tries(3, clock.instant(), 200, null));
            assertThat(courier.attempt(first.id())).isEmpty();
            assertThat(receiver.bodies).hasSize(3).containsOnly(first.event().body());
            assertThat(receiver.exchanges)
                    .extracting(exchange -> exchange.getRequestHeaders().getFirst("webhook-id"))
                    .containsOnly(first.event().id());
        }

        @Test
        void afterTheLastTryItHasFailed() {
            Delivery delivery = announced(endpoint(receiver.url(), EventType.JOB_FAILED));
            Courier courier = courier(settings(2));
            assertThat(courier.attempt(delivery.id())).isPresent();
            assertThat(courier.attempt(delivery.id())).isEmpty();
            assertThat(deliveries.find(delivery.id()).orElseThrow().state()).isEqualTo(Delivery.State.FAILED);
        }

        @Test
        void aServerThatIsNoLongerAllowedIsNotAsked() {
            Delivery delivery = announced(endpoint(receiver.url(), EventType.JOB_FAILED));
            WebhookSettings elsewhere =
                    new WebhookSettings(List.of("127.0.0.1:1"), Duration.ofSeconds(5), 8, Duration.ZERO);
            assertThat(courier(elsewhere).attempt(delivery.id())).isPresent();
            assertThat(deliveries.find(delivery.id()).orElseThrow().tries().problem())
                    .contains("not on the list");
            assertThat(receiver.bodies).isEmpty();
        }

        @Test
        void aDeliveryWhoseEndpointIsGoneIsDropped() {
            Endpoint endpoint = endpoint(receiver.url(), EventType.JOB_FAILED);
            Delivery delivery = announced(endpoint);
            endpoints.delete(endpoint.id());
            assertThat(courier(settings(8)).attempt(delivery.id())).isEmpty();
            assertThat(deliveries.find(delivery.id())).isEmpty();
            assertThat(receiver.bodies).isEmpty();
        }

        @Test
        void onlyThoseWhoAskedForTheTypeAreTold() {
            Endpoint failures = endpoint(receiver.url(), EventType.JOB_FAILED);
            Endpoint all = endpoint(receiver.url(), EventType.values());
            Endpoint successes = endpoint(receiver.url(), EventType.JOB_SUCCEEDED);
            webhooks(settings(8)).announce(EventType.JOB_FAILED, "ftjob-1");
            assertThat(of(failures)).hasSize(1);
            assertThat(of(all))
                    .singleElement()
                    .satisfies(delivery -> assertThat(delivery.event())
                            .isEqualTo(of(failures).get(0).event()));
            assertThat(of(successes)).isEmpty();
            assertThat(tasks()).isEqualTo(2);
        }

        @Test
        void whatIsStoredForItIsPartOfTheCallersTransaction() {
            Endpoint endpoint = endpoint(receiver.url(), EventType.JOB_FAILED);
            transaction.executeWithoutResult(status -> {
                webhooks(settings(8)).announce(EventType.JOB_FAILED, "ftjob-1");
                status.setRollbackOnly();
            });
            assertThat(of(endpoint)).isEmpty();
            assertThat(tasks()).isZero();
        }

        @Test
        void nothingIsStoredWhereNobodyMayBeTold() {
            Endpoint endpoint = endpoint(receiver.url(), EventType.JOB_FAILED);
            webhooks(new WebhookSettings(List.of(), Duration.ofSeconds(5), 8, Duration.ZERO))
                    .announce(EventType.JOB_FAILED, "ftjob-1");
            assertThat(of(endpoint)).isEmpty();
        }

        /** A change that was read before the rotation must not bring the old secret back. */
        @Test
        void aChangeKeepsASecretThatWasRotatedMeanwhile() {
            Endpoints service = new Endpoints(endpoints, deliveries, secrets(), settings(8), transaction, clock);
            Endpoint before = service.add(new Endpoint.Wish("x", receiver.url(), EnumSet.of(EventType.JOB_FAILED)));
            Endpoint rotated = service.rotate(before.id(), Endpoints.FormerSecret.STAYS_A_DAY);
            Endpoint.Wish wish = new Endpoint.Wish("y", receiver.url(), EnumSet.allOf(EventType.class));
            service.change(before, wish);
            Endpoint now = endpoints.find(before.id()).orElseThrow();
            assertThat(now.wish()).isEqualTo(wish);
            assertThat(now.signing()).isEqualTo(rotated.signing());
            assertThat(now.signing().former().salt()).isEqualTo(before.signing().salt());
        }

        private Endpoint endpoint(URI url, EventType... types) {
            EndpointId id = EndpointId.fresh();
            Endpoint endpoint = new Endpoint(
                    id,
                    new Endpoint.Wish("x", url, Set.of(types)),
                    secrets().fresh(id, null),
                    clock.instant(),
                    clock.instant());
            endpoints.insert(endpoint);
            assertThat(endpoints.find(id)).contains(endpoint);
            return endpoint;
        }

        private Delivery announced(Endpoint endpoint) {
            webhooks(settings(8)).announce(EventType.JOB_FAILED, "ftjob-1");
            return of(endpoint).get(0);
        }

        private List<Delivery> of(Endpoint endpoint) {
            return deliveries.list(endpoint.id(), new PageQuery(null, 10));
        }

        private int tasks() {
            return jdbc.sql("select count(*) from webhook_tasks")
                    .query(Integer.class)
                    .single();
        }

        private WebhookSettings settings(int attempts) {
            return new WebhookSettings(
                    List.of(receiver.authority()), Duration.ofSeconds(5), attempts, Duration.ofSeconds(5));
        }

        private Courier courier(WebhookSettings settings) {
            return new Courier(
                    new Courier.Parts(endpoints, deliveries), secrets(), settings, new SimpleMeterRegistry(), clock);
        }

        private Webhooks webhooks(WebhookSettings settings) {
            DeliveryPool pool = new DeliveryPool(courier(settings), settings, database(), clock);
            return new Webhooks(endpoints, deliveries, pool, settings, clock);
        }

        private SigningSecrets secrets() {
            return new SigningSecrets(new DataDirectory(data));
        }
    }

    @Nested
    class OnTheEmbeddedDatabase extends OnAnyDatabase {
        @Override
        DataSource database() {
            return Databases.embedded();
        }
    }

    @Nested
    class OnPostgres extends OnAnyDatabase {
        @Override
        DataSource database() {
            return Databases.postgres();
        }
    }

    @Test
    void pausesGrowToSixHours() {
        WebhookSettings settings = new WebhookSettings(List.of(), Duration.ofSeconds(1), 1, Duration.ofSeconds(5));
        assertThat(List.of(1, 2, 3, 4, 5, 6, 7, 8, 1_000_000).stream()
                        .map(settings::pauseAfter)
                        .map(Duration::toSeconds))
                .containsExactly(5L, 20L, 80L, 320L, 1_280L, 5_120L, 20_480L, 21_600L, 21_600L);
        assertThatThrownBy(() -> new WebhookSettings(List.of(), Duration.ZERO, 1, Duration.ZERO))
                .hasMessageContaining("rehearse.webhooks");
    }
}
