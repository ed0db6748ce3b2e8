package dev.rehearse.models;

import dev.rehearse.web.DataDirectory;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The table of tuned models. Thread-safe. */
@Component
final class ModelRows {
    private final JdbcClient database;
    private final Path data;

    ModelRows(JdbcClient database, DataDirectory data) {
        this.database = database;
        this.data = data.dataDir();
    }

    Optional<Model> find(String id) {
        return database.sql("select * from models where id = :id")
                .param("id", id)
                .query((row, number) -> model(row))
                .optional();
    }

    List<Model> list() {
        return database.sql("select * from models order by created_at desc, id")
                .query((row, number) -> model(row))
                .list();
    }

    /** Adds the row unless there is one with that id. */
    void insert(Model model) {
        Path directory = model.requireDirectory();
        database.sql("""
                        insert into models (id, created_at, owned_by, parent, directory, context_length)
                        values (:id, :createdAt, :ownedBy, :parent, :directory, :contextLength)
                        on conflict do nothing
                        """)
                .param("id", model.id())
                .param("createdAt", OffsetDateTime.ofInstant(model.createdAt(), ZoneOffset.UTC))
                .param("ownedBy", model.ownedBy())
                .param("parent", model.parent(), Types.VARCHAR)
                .param("directory", (directory.startsWith(data) ? data.relativize(directory) : directory).toString())
                .param("contextLength", model.contextLength(), Types.INTEGER)
                .update();
    }

    void delete(String id) {
        database.sql("delete from models where id = :id").param("id", id).update();
    }

    private Model model(ResultSet row) throws SQLException {
        @Nullable Integer contextLength = row.getObject("context_length", Integer.class);
        return new Model(
                row.getString("id"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getString("owned_by"),
                row.getString("parent"),
                Model.Kind.TUNED,
                data.resolve(row.getString("directory")).normalize(),
                contextLength);
    }
}
