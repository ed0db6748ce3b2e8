package dev.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ClassPathResource;

/** The database of a service that names no other, as application.yml opens it. */
class EmbeddedDatabaseTest {
    @TempDir
    Path data;

    @Test
    void anInterruptedThreadClosesItForNobody() throws Exception {
        try (Connection interrupted = DriverManager.getConnection(url());
                Connection other = DriverManager.getConnection(url())) {
            execute(interrupted, "create table words (word varchar)");
            Thread.currentThread().interrupt();
            execute(interrupted, "insert into words values ('one')");
            assertThat(Thread.interrupted()).isTrue();
            execute(other, "insert into words values ('two')");
            assertThat(words(interrupted)).isEqualTo(2);
            assertThat(words(other)).isEqualTo(2);
        } finally {
            Thread.interrupted();
        }
    }

    private String url() throws IOException {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("here", Map.of("rehearse.data-dir", data.toString())));
        new YamlPropertySourceLoader()
                .load("application", new ClassPathResource("application.yml"))
                .forEach(environment.getPropertySources()::addLast);
        return Objects.requireNonNull(environment.getProperty("spring.datasource.url"));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int words(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("select count(*) from words")) {
            assertThat(count.next()).isTrue();
            return count.getInt(1);
        }
    }
}
