package dev.rehearse;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The databases that rows are tested on: one of each kind for all tests of a process, with the service's tables. */
public final class Databases {
    private Databases() {}

    private static final class Embedded {
        static final DataSource SOURCE = source();

        private static DataSource source() {
            JdbcDataSource source = new JdbcDataSource();
            source.setURL("jdbc:h2:mem:rows;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;"
                    + "CASE_INSENSITIVE_IDENTIFIERS=TRUE;DEFAULT_NULL_ORDERING=HIGH");
            return migrated(source);
        }
    }

    private static final class Postgres {
        static final DataSource SOURCE = source();

        private static DataSource source() {
            HikariDataSource pool = new HikariDataSource();
            try {
                pool.setDataSource(EmbeddedPostgres.start().getPostgresDatabase()); // ends with the process
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return migrated(pool);
        }
    }

    private static DataSource migrated(DataSource source) {
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        return source;
    }

    public static DataSource embedded() {
        return Embedded.SOURCE;
    }

    public static DataSource postgres() {
        return Postgres.SOURCE;
    }

    /** Takes every row out of one of the two, and begins its numbers anew. */
    public static DataSource emptied(DataSource source) {
        JdbcClient database = JdbcClient.create(source);
        List<String> tables = database.sql("""
                        select table_name from information_schema.tables
                        where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'flyway%'
                        """).query(String.class).list();
        String statements = source == embedded()
                ? Stream.of(
                                Stream.of("set referential_integrity false"),
                                tables.stream().map(table -> "truncate table " + table + " restart identity"),
                                Stream.of("set referential_integrity true"))
                        .flatMap(part -> part)
                        .collect(Collectors.joining(";"))
                : "truncate table " + String.join(", ", tables) + " restart identity cascade";
        database.sql(statements).update();
        return source;
    }
}
