package dev.rehearse.files;

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

/**
 * The table of files. A deleted file keeps its row, so that a client that deletes while it pages can go on after it.
 * Thread-safe.
 */
@Component
final class FileRows {
    private static final String THERE = " deleted_at is null and (expires_at is null or expires_at > :now)";

    private final JdbcClient database;

    FileRows(JdbcClient database) {
        this.database = database;
    }

    void insert(StoredFile file) {
        database.sql("""
                        insert into files (id, filename, purpose, bytes, created_at, expires_at)
                        values (:id, :filename, :purpose, :bytes, :createdAt, :expiresAt)
                        """)
                .param("id", file.id().value())
                .param("filename", file.filename())
                .param("purpose", file.purpose().name())
                .param("bytes", file.bytes())
                .param("createdAt", at(file.createdAt()))
                .param("expiresAt", at(file.expiresAt()), Types.TIMESTAMP_WITH_TIMEZONE)
                .update();
    }

    Optional<StoredFile> find(FileId id, Instant now) {
        return database.sql("select * from files where id = :id and" + THERE)
                .param("id", id.value())
                .param("now", at(now))
                .query((row, number) -> file(row))
                .optional();
    }

    /** Keeps the row from being deleted until the transaction ends. */
    Optional<StoredFile> lock(FileId id, Instant now) {
        return database.sql("select * from files where id = :id and" + THERE + " for update")
                .param("id", id.value())
                .param("now", at(now))
                .query((row, number) -> file(row))
                .optional();
    }

    List<StoredFile> list(PageQuery page, Order order, @Nullable Purpose purpose, Instant now) {
        String sql = "select * from files where" + THERE
                + (purpose == null ? "" : " and purpose = :purpose")
                + (page.after() == null ? "" : " and position " + order.comparison + " :after")
                + " order by position " + order.name() + " limit :limit";
        return database.sql(sql)
                .param("now", at(now))
                .param("purpose", purpose == null ? "" : purpose.name())
                .param("after", page.after() == null ? 0L : position(page.after()))
                .param("limit", page.oneMore())
                .query((row, number) -> file(row))
                .list();
    }

    List<FileId> expired(Instant now) {
        return database.sql("select id from files where deleted_at is null and expires_at <= :now")
                .param("now", at(now))
                .query((row, number) -> new FileId(row.getString("id")))
                .list();
    }

    /** Keeps an expired file's row as it is until the transaction ends; false when it is deleted already. */
    boolean lockExpired(FileId id, Instant now) {
        return !database.sql(
                        "select id from files where id = :id and deleted_at is null and expires_at <= :now for update")
                .param("id", id.value())
                .param("now", at(now))
                .query(String.class)
                .list()
                .isEmpty();
    }

    void markDeleted(FileId id, Instant now) {
        database.sql("update files set deleted_at = :now where id = :id and deleted_at is null")
                .param("now", at(now))
                .param("id", id.value())
                .update();
    }

    private long position(String id) {
        return database.sql("select position from files where id = :id")
                .param("id", id)
                .query(Long.class)
                .optional()
                .orElseThrow(() -> ApiException.invalid("invalid_value", "after", "No such File object: " + id));
    }

    private static StoredFile file(ResultSet row) throws SQLException {
        OffsetDateTime expiresAt = row.getObject("expires_at", OffsetDateTime.class);
        return new StoredFile(
                new FileId(row.getString("id")),
                row.getString("filename"),
                Purpose.valueOf(row.getString("purpose")),
                row.getLong("bytes"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                expiresAt == null ? null : expiresAt.toInstant());
    }

    private static @Nullable OffsetDateTime at(@Nullable Instant instant) {
        return instant == null ? null : OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }

    /** Oldest or newest first. */
    enum Order {
        ASC(">"),
        DESC("<");

        private final String comparison;

        Order(String comparison) {
            this.comparison = comparison;
        }
    }
}
