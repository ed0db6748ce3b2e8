package dev.rehearse.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Databases;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.PageQuery;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class KeysTest {
    private static final Instant NOW = Instant.parse("2026-11-27T10:00:00.123456Z");
    private static final String SECRET = "an administrator's".replace(' ', '-');

    abstract static class OnAnyDatabase {
        private KeyRows rows;

        abstract DataSource database();

        @BeforeEach
        void migrate() {
            Databases.emptied(database());
            rows = new KeyRows(JdbcClient.create(database()));
        }

        @Test
        void aKeyIsFoundByItsTextAsItWasStored() {
            Keys keys = keys(null);
            Keys.Fresh admin = add(keys, Scope.ADMIN);
            Keys.Fresh limited =
                    keys.add(new Keys.Wish("x", EnumSet.of(Scope.READ, Scope.GENERATE), new ApiKey.Limits(600, 2)));
            assertThat(keys.find(admin.text())).contains(admin.key());
            assertThat(keys.find(limited.text())).contains(limited.key());
            assertThat(limited.text()).matches("sk-[0-9A-Za-z]{24}").isNotEqualTo(admin.text());
            assertThat(rows.list(new PageQuery(null, 10))).containsExactly(limited.key(), admin.key());
        }

        @Test
        void nothingButTheWholeKeyIsFound() {
            Keys keys = keys(null);
            String text = add(keys, Scope.ADMIN).text();
            for (String wrong : Set.of(
                    "",
                    "s",
                    text.substring(0, 9),
                    text.substring(0, 26),
                    text + "x",
                    text.substring(0, 26) + "-",
                    SECRET)) {
                assertThat(keys.find(wrong)).as(wrong).isEmpty();
            }
        }

        @Test
        void keysAreAskedForOnceThereIsOne() {
            assertThat(keys(null).areRequired()).isFalse();
            assertThat(keys(" ").areRequired()).isFalse();
            assertThat(keys(SECRET).areRequired()).isTrue();
            add(keys(null), Scope.ADMIN);
            assertThat(keys(null).areRequired()).isTrue();
        }

        @Test
        void theFirstKeyMustBeAbleToMakeOthers() {
            refused(() -> add(keys(null), Scope.TRAIN), "'admin'");
            assertThat(keys(null).areRequired()).isFalse();
            add(keys(SECRET), Scope.TRAIN);
        }

        @Test
        void theLastAdministratorsKeyStays() {
            Keys keys = keys(null);
            KeyId first = add(keys, Scope.ADMIN).key().id();
            KeyId trainer = add(keys, Scope.TRAIN).key().id();
            refused(() -> keys.delete(first), "last one");
            KeyId second = add(keys, Scope.ADMIN).key().id();
            keys.delete(first);
            refused(() -> keys.delete(second), "last one");
            refused(() -> keys.delete(first), "No such");
            keys.delete(trainer);
            keys(SECRET).delete(second);
            assertThat(rows.isEmpty()).isTrue();
        }

        @Test
        void aDeletedKeyIsFoundNoMore() {
            Keys keys = keys(SECRET);
            Keys.Fresh gone = add(keys, Scope.READ);
            keys.delete(gone.key().id());
            assertThat(keys.find(gone.text())).isEmpty();
        }

        private Keys keys(String admin) {
            return new Keys(
                    rows,
                    new KeySettings(admin),
                    new TransactionTemplate(new JdbcTransactionManager(database())),
                    Clock.fixed(NOW, ZoneOffset.UTC));
        }

        private static Keys.Fresh add(Keys keys, Scope scope) {
            return keys.add(new Keys.Wish("somebody's", Set.of(scope), ApiKey.Limits.NONE));
        }

        private static void refused(Runnable call, String words) {
            assertThatThrownBy(call::run).isInstanceOf(ApiException.class).hasMessageContaining(words);
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
    void theSettingMayHoldAHashInstead() {
        String hashed = "sha256:" + KeyHash.of(SECRET).hex();
        assertThat(new KeySettings(hashed).key().orElseThrow().hash()).isEqualTo(KeyHash.of(SECRET));
        assertThat(KeyHash.of("abc").hex())
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @ParameterizedTest
    @ValueSource(strings = {"short-secret", "sha256:short-secret", "with spaces in the secret", "sécret-of-sixteen"})
    void aSettingThatCannotBeAKeyIsRefusedWithoutBeingShown(String secret) {
        KeySettings settings = new KeySettings(secret);
        assertThatThrownBy(settings::key)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("rehearse.keys.admin")
                .hasMessageNotContaining("ecret");
        assertThat(settings.toString()).doesNotContain("ecret");
    }
}
