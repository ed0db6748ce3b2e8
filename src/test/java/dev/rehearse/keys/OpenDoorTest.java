package dev.rehearse.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.web.ApiException;
import java.net.InetAddress;
import java.time.Clock;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.transaction.support.TransactionTemplate;

@ExtendWith(OutputCaptureExtension.class)
class OpenDoorTest {
    private static final String SECRET = "sixteen-letters!";

    @ParameterizedTest
    @CsvSource({"0.0.0.0,", "192.0.2.7,", ","})
    void othersReachAServiceWithoutKeys(String address, String admin, CapturedOutput output) throws Exception {
        warn(address, admin);
        assertThat(output).contains("WITHOUT API KEYS");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1,", "::1,", "0.0.0.0," + SECRET, "," + SECRET})
    void nobodyElseReachesItOrItHasAKey(String address, String admin, CapturedOutput output) throws Exception {
        warn(address, admin);
        assertThat(output).doesNotContain("WITHOUT API KEYS");
    }

    @Test
    void theKeyIsNotSaid(CapturedOutput output) throws Exception {
        warn("0.0.0.0", SECRET);
        assertThat(output).doesNotContain(SECRET);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, localhost, same-origin, true",
        "127.0.0.1, rehearse.localhost, none, true",
        "127.0.0.1, LOCALHOST,, true",
        "127.0.0.1, 127.0.0.1,, true",
        "127.0.0.1, ::1,, true",
        "127.0.0.1, rebound.example,, false",
        "127.0.0.1, localhost.example,, false",
        "127.0.0.1, localhost, cross-site, false",
        "0.0.0.0, rehearse,, true",
        "0.0.0.0, rehearse, cross-site, false"
    })
    void aPageOfAnotherSiteIsNotLetIn(String address, String host, String site, boolean letIn) throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/v1/files");
        request.setServerName(host);
        if (site != null) {
            request.addHeader("Sec-Fetch-Site", site);
        }
        OpenDoor door = door(address, null);
        if (letIn) {
            assertThatCode(() -> door.check(request)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> door.check(request))
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            e -> assertThat(e.status().value()).isEqualTo(403));
        }
    }

    private static void warn(String address, String admin) throws Exception {
        door(address, admin).warn();
    }

    private static OpenDoor door(String address, String admin) throws Exception {
        ServerProperties server = new ServerProperties();
        server.setAddress(address == null ? null : InetAddress.getByName(address));
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:door;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE");
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        Keys keys = new Keys(
                new KeyRows(JdbcClient.create(database)),
                new KeySettings(admin),
                new TransactionTemplate(new JdbcTransactionManager(database)),
                Clock.systemUTC());
        return new OpenDoor(server, keys);
    }
}
