package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of keys. Thread-safe. */
@Component
final class KeyRows {
    private static final String SEPARATOR = ",";

    private final JdbcClient database;

    KeyRows(JdbcClient database) {
        this.database = database;
    }

    void insert(ApiKey key) {
        database.sql("""
                        insert into api_keys (id, name, hint, hash, scopes, requests_per_minute, concurrent_requests,
                                              created_at)
                        values (:id, :name, :hint, :hash, :scopes, :requestsPerMinute, :concurrentRequests, :createdAt)
                        """)
                .param("id", key.id().value())
                .param("name", key.name())
                .param("hint", key.hint())
                .param("hash", key.hash().hex())
                .param("scopes", key.scopes().stream().map(Scope::name).sorted().collect(Collectors.joining(SEPARATOR)))
                .param("requestsPerMinute", key.limits().requestsPerMinute(), Types.INTEGER)
                .param("concurrentRequests", key.limits().concurrentRequests(), Types.INTEGER)
                .param("createdAt", OffsetDateTime.ofInstant(key.createdAt(), ZoneOffset.UTC))
                .update();
    }

    boolean isEmpty() {
        return database.sql("select 1 from api_keys limit 1")
                .query(Integer.class)
                .list()
                .isEmpty();
    }

    Optional<ApiKey> find(KeyId id) {
        return database.sql("select * from api_keys where id = :id")
                .param("id", id.value())
                .query((row, number) -> key(row))
                .optional();
    }

    /** The keys that begin like this: one, as a rule. */
    List<ApiKey> beginningWith(String hint) {
        return database.sql("select * from api_keys where hint = :hint")
                .param("hint", hint)
                .query((row, number) -> key(row))
                .list();
    }

    /** Newest first. */
    List<ApiKey> list(PageQuery page) {
        return database.sql("select * from api_keys where position < :after order by position desc limit :limit")
                .param("after", page.after() == null ? Long.MAX_VALUE : position(page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> key(row))
                .list();
    }

    /** All keys, which nobody else deletes or locks before the transaction ends. */
    List<ApiKey> lockAll() {
        return database.sql("select * from api_keys order by position for update")
                .query((row, number) -> key(row))
                .list();
    }

    void delete(KeyId id) {
        database.sql("delete from api_keys where id = :id")
                .param("id", id.value())
                .update();
    }

    private long position(String id) {
        return database.sql("select position from api_keys where id = :id")
                .param("id", id)
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such API key: " + id));
    }

    private static ApiKey key(ResultSet row) throws SQLException {
        Set<Scope> scopes = Arrays.stream(row.getString("scopes").split(SEPARATOR))
                .map(Scope::valueOf)
                .collect(Collectors.toSet());
        return new ApiKey(
                new KeyId(row.getString("id")),
                row.getString("name"),
                row.getString("hint"),
                new KeyHash(row.getString("hash")),
                scopes,
                new ApiKey.Limits(
                        row.getObject("requests_per_minute", Integer.class),
                        row.getObject("concurrent_requests", Integer.class)),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
