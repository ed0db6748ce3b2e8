package dev.rehearse.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.web.ApiException;
import jakarta.servlet.AsyncContext;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.servlet.ModelAndView;

/** What of the gate no client sees from outside: when a request that is answered later is over. */
class KeyGateTest {
    private final List<ApiException> refusals = new ArrayList<>();
    private KeyGate gate;
    private String key;

    @BeforeEach
    void aKeyForOneRequestAtATime() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:gate;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE");
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        Keys keys = new Keys(
                new KeyRows(JdbcClient.create(database)),
                new KeySettings(null),
                new TransactionTemplate(new JdbcTransactionManager(database)),
                Clock.systemUTC());
        key = keys.add(new Keys.Wish("x", Set.of(Scope.ADMIN), new ApiKey.Limits(null, 1)))
                .text();
        gate = new KeyGate(keys, new OpenDoor(new ServerProperties(), keys), (request, response, handler, e) -> {
            refusals.add((ApiException) e);
            return new ModelAndView();
        });
    }

    @Test
    void aStreamCountsUntilItsEnd() throws Exception {
        MockHttpServletRequest stream = request();
        gate.doFilter(stream, new MockHttpServletResponse(), (request, response) -> request.startAsync());
        pass();
        assertThat(refusals)
                .singleElement()
                .satisfies(e -> assertThat(e.status().value()).isEqualTo(429));
        AsyncContext async = stream.getAsyncContext();
        async.complete();
        pass();
        assertThat(refusals).hasSize(1);
    }

    @Test
    void aRequestThatFailsIsOver() throws Exception {
        try {
            gate.doFilter(request(), new MockHttpServletResponse(), (request, response) -> {
                throw new IllegalStateException("a bug");
            });
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("a bug");
        }
        pass();
        assertThat(refusals).isEmpty();
    }

    private void pass() throws Exception {
        gate.doFilter(request(), new MockHttpServletResponse(), (request, response) -> {});
    }

    private MockHttpServletRequest request() {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/v1/chat/completions");
        request.setAsyncSupported(true);
        request.addHeader("Authorization", "bearer  " + key);
        return request;
    }
}
