package dev.rehearse.webhooks;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of deliveries. Thread-safe. */
@Component
final class DeliveryRows {
    private final JdbcClient database;

    DeliveryRows(JdbcClient database) {
        this.database = database;
    }

    void insert(Delivery delivery) {
        Event event = delivery.event();
        database.sql("""
                        insert into webhook_deliveries (id, endpoint_id, event_id, event_type, job_id, state, tries,
                                                        created_at, next_try_at)
                        values (:id, :endpoint, :event, :type, :job, :state, 0, :createdAt, :next)
                        """)
                .param("id", delivery.id().value())
                .param("endpoint", delivery.endpoint().value())
                .param("event", event.id())
                .param("type", event.type().name())
                .param("job", event.job())
                .param("state", delivery.state().name())
                .param("createdAt", at(event.at()))
                .param("next", at(delivery.next()))
                .update();
    }

    /** Writes how the last try came out. */
    void update(Delivery delivery) {
        Delivery.Tries tries = delivery.tries();
        database.sql("""
                        update webhook_deliveries set state = :state, tries = :tries, last_try_at = :last,
                               last_status = :status, last_problem = :problem, next_try_at = :next
                        where id = :id
                        """)
                .param("state", delivery.state().name())
                .param("tries", tries.count())
                .param("last", at(tries.last()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("status", tries.status(), Types.INTEGER)
                .param("problem", tries.problem(), Types.VARCHAR)
                .param("next", at(delivery.next()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("id", delivery.id().value())
                .update();
    }

    Optional<Delivery> find(DeliveryId id) {
        return database.sql("select * from webhook_deliveries where id = :id")
                .param("id", id.value())
                .query((row, number) -> delivery(row))
                .optional();
    }

    /** Newest first. */
    List<Delivery> list(EndpointId endpoint, PageQuery page) {
        return database.sql("""
                        select * from webhook_deliveries where endpoint_id = :endpoint and position < :after
                        order by position desc limit :limit
                        """)
                .param("endpoint", endpoint.value())
                .param("after", page.after() == null ? Long.MAX_VALUE : position(endpoint, page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> delivery(row))
                .list();
    }

    void deleteOf(EndpointId endpoint) {
        database.sql("delete from webhook_deliveries where endpoint_id = :endpoint")
                .param("endpoint", endpoint.value())
                .update();
    }

    private long position(EndpointId endpoint, String id) {
        return database.sql("select position from webhook_deliveries where id = :id and endpoint_id = :endpoint")
                .param("id", id)
                .param("endpoint", endpoint.value())
                .query(Long.class)
                .optional()
                .orElseThrow(() ->
                        ApiException.invalid("invalid_value", "after", "No such delivery to this endpoint: " + id));
    }

    private static Delivery delivery(ResultSet row) throws SQLException {
        Event event = new Event(
                row.getString("event_id"),
                EventType.valueOf(row.getString("event_type")),
                row.getString("job_id"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
        Delivery.Tries tries = new Delivery.Tries(
                row.getInt("tries"),
                instant(row.getObject("last_try_at", OffsetDateTime.class)),
                row.getObject("last_status", Integer.class),
                row.getString("last_problem"));
        return new Delivery(
                new DeliveryId(row.getString("id")),
                new EndpointId(row.getString("endpoint_id")),
                event,
                Delivery.State.valueOf(row.getString("state")),
                tries,
                instant(row.getObject("next_try_at", OffsetDateTime.class)));
    }

    private static @Nullable OffsetDateTime at(@Nullable Instant instant) {
        return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}
