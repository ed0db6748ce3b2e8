package dev.rehearse.webhooks;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of endpoints. Thread-safe. */
@Component
final class EndpointRows {
    private static final String SEPARATOR = ",";

    private final JdbcClient database;

    EndpointRows(JdbcClient database) {
        this.database = database;
    }

    void insert(Endpoint endpoint) {
        database.sql("""
                        insert into webhook_endpoints (id, name, url, event_types, salt, hint, former_salt, former_until,
                                                       created_at, updated_at)
                        values (:id, :name, :url, :types, :salt, :hint, :formerSalt, :formerUntil, :createdAt, :now)
                        """)
                .params(wish(endpoint))
                .params(signing(endpoint))
                .param("formerUntil", formerUntil(endpoint), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("createdAt", at(endpoint.createdAt()))
                .update();
    }

    /** Writes what its owner says of it; false when there is no such endpoint any more. */
    boolean updateWish(Endpoint endpoint) {
        return database.sql("""
                        update webhook_endpoints set name = :name, url = :url, event_types = :types, updated_at = :now
                        where id = :id
                        """).params(wish(endpoint)).update() == 1;
    }

    /** Writes its secret; false when there is no such endpoint any more. */
    boolean updateSigning(Endpoint endpoint) {
        return database.sql("""
                        update webhook_endpoints set salt = :salt, hint = :hint, former_salt = :formerSalt,
                               former_until = :formerUntil, updated_at = :now
                        where id = :id
                        """)
                        .params(signing(endpoint))
                        .param("formerUntil", formerUntil(endpoint), Types.TIMESTAMP_WITH_TIMEZONE)
                        .update()
                == 1;
    }

    Optional<Endpoint> find(EndpointId id) {
        return database.sql("select * from webhook_endpoints where id = :id")
                .param("id", id.value())
                .query((row, number) -> endpoint(row))
                .optional();
    }

    /** Newest first. */
    List<Endpoint> list(PageQuery page) {
        return database.sql(
                        "select * from webhook_endpoints where position < :after order by position desc limit :limit")
                .param("after", page.after() == null ? Long.MAX_VALUE : position(page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> endpoint(row))
                .list();
    }

    /** Oldest first. */
    List<Endpoint> all() {
        return database.sql("select * from webhook_endpoints order by position")
                .query((row, number) -> endpoint(row))
                .list();
    }

    boolean delete(EndpointId id) {
        return database.sql("delete from webhook_endpoints where id = :id")
                        .param("id", id.value())
                        .update()
                == 1;
    }

    private static Map<String, Object> wish(Endpoint endpoint) {
        Endpoint.Wish wish = endpoint.wish();
        return Map.of(
                "id", endpoint.id().value(),
                "name", wish.name(),
                "url", wish.url().toString(),
                "types", wish.types().stream().map(EventType::name).sorted().collect(Collectors.joining(SEPARATOR)),
                "now", at(endpoint.updatedAt()));
    }

    private static Map<String, @Nullable Object> signing(Endpoint endpoint) {
        Endpoint.Former former = endpoint.signing().former();
        Map<String, @Nullable Object> columns = new HashMap<>();
        columns.put("id", endpoint.id().value());
        columns.put("salt", endpoint.signing().salt());
        columns.put("hint", endpoint.signing().hint());
        columns.put("formerSalt", former == null ? null : former.salt());
        columns.put("now", at(endpoint.updatedAt()));
        return columns;
    }

    private static @Nullable OffsetDateTime formerUntil(Endpoint endpoint) {
        Endpoint.Former former = endpoint.signing().former();
        return former == null ? null : at(former.until());
    }

    private long position(String id) {
        return database.sql("select position from webhook_endpoints where id = :id")
                .param("id", id)
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such webhook endpoint: " + id));
    }

    private static Endpoint endpoint(ResultSet row) throws SQLException {
        Set<EventType> types = Arrays.stream(row.getString("event_types").split(SEPARATOR))
                .map(EventType::valueOf)
                .collect(Collectors.toSet());
        OffsetDateTime until = row.getObject("former_until", OffsetDateTime.class);
        return new Endpoint(
                new EndpointId(row.getString("id")),
                new Endpoint.Wish(row.getString("name"), URI.create(row.getString("url")), types),
                new Endpoint.Signing(
                        row.getString("salt"),
                        row.getString("hint"),
                        until == null ? null : new Endpoint.Former(row.getString("former_salt"), until.toInstant())),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    }

    private static OffsetDateTime at(Instant instant) {
        return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
