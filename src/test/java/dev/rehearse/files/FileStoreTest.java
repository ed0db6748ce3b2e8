package dev.rehearse.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Databases;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.DataDirectory;
import dev.rehearse.web.PageQuery;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class FileStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00.123456Z");

    abstract static class OnAnyDatabase {
        @TempDir
        Path data;

        private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        private FileRows rows;

        abstract DataSource database();

        @BeforeEach
        void migrate() {
            Databases.emptied(database());
            rows = new FileRows(JdbcClient.create(database()));
        }

        @Test
        void aFileIsFoundAsItWasStored() {
            StoredFile file = add(at(NOW), Duration.ofHours(1));
            assertThat(at(NOW).find(file.id())).contains(file);
            assertThat(at(NOW).content(file.id())).hasContent("rows");
        }

        @Test
        void anExpiredFileIsGoneAndSwept() {
            StoredFile file = add(at(NOW), Duration.ofHours(1));
            Instant later = NOW.plus(Duration.ofHours(1));
            assertThat(at(later).find(file.id())).isEmpty();
            assertThat(at(later).content(file.id())).exists();
            at(later).sweep();
            assertThat(at(later).content(file.id())).doesNotExist();
            at(later).sweep();
        }

        @Test
        void aFileInUseIsNeitherDeletedNorSwept() {
            beans.registerSingleton("hold", (FileHold) id -> Optional.of("job 7 reads it"));
            StoredFile file = add(at(NOW), Duration.ofHours(1));
            assertThatThrownBy(() -> at(NOW).delete(file.id()))
                    .isInstanceOf(ApiException.class)
                    .hasMessageContaining("job 7 reads it");
            at(NOW.plus(Duration.ofHours(2))).sweep();
            assertThat(at(NOW).content(file.id())).exists();
            assertThat(at(NOW).find(file.id())).isPresent();
        }

        @Test
        void pagesFollowADeletedFileInBothOrders() {
            FileStore store = at(NOW);
            List<StoredFile> files = List.of(add(store, null), add(store, null), add(store, null));
            store.delete(files.get(1).id());
            PageQuery after = new PageQuery(files.get(1).id().value(), 10);
            assertThat(rows.list(after, FileRows.Order.DESC, null, NOW)).containsExactly(files.get(0));
            assertThat(rows.list(after, FileRows.Order.ASC, Purpose.FINE_TUNE, NOW))
                    .containsExactly(files.get(2));
            assertThat(rows.list(after, FileRows.Order.ASC, Purpose.EVALS, NOW)).isEmpty();
        }

        @Test
        void anUploadThatBreaksLeavesNothing() {
            InputStream broken = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("the line is cut");
                }
            };
            assertThatThrownBy(() -> at(NOW).add(broken, "rows.jsonl", Purpose.FINE_TUNE, null))
                    .isInstanceOf(UncheckedIOException.class);
            assertThat(data.resolve("files/.incoming")).isEmptyDirectory();
            assertThat(rows.list(new PageQuery(null, 10), FileRows.Order.ASC, null, NOW))
                    .isEmpty();
        }

        @Test
        void whatAnUploadLeftThatEndedWithItsProcessIsSweptAfterADay() throws IOException {
            add(at(NOW), null);
            Path left = Files.writeString(data.resolve("files/.incoming/upload_1.tmp"), "half a f");
            Instant now = Files.getLastModifiedTime(left).toInstant();
            at(now.plus(Duration.ofHours(23))).sweep();
            assertThat(left).exists();
            at(now.plus(Duration.ofHours(25))).sweep();
            assertThat(left).doesNotExist();
        }

        /** The error is the system's own: this device is always full. */
        @Test
        @EnabledOnOs(OS.LINUX)
        void aFullDiskIsRecognisedAndLeavesNothing() {
            FileFolder.Source full = unfinished -> Files.write(Path.of("/dev/full"), new byte[1]);
            assertThatThrownBy(() -> at(NOW).add(full, "rows.jsonl", Purpose.FINE_TUNE, null))
                    .isInstanceOf(UncheckedIOException.class)
                    .rootCause()
                    .hasMessageContaining("No space left on device");
            assertThat(data.resolve("files/.incoming")).isEmptyDirectory();
        }

        private FileStore at(Instant now) {
            return new FileStore(
                    rows,
                    new FileFolder(new DataDirectory(data)),
                    beans.getBeanProvider(FileHold.class),
                    new TransactionTemplate(new JdbcTransactionManager(database())),
                    Clock.fixed(now, ZoneOffset.UTC));
        }

        private static StoredFile add(FileStore store, Duration lifetime) {
            return store.add(new ByteArrayInputStream("rows".getBytes()), "rows.jsonl", Purpose.FINE_TUNE, lifetime);
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
}
