package dev.rehearse.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.util.unit.DataSize;

@Timeout(20)
class ModelCacheTest {
    @TempDir
    Path data;

    private final List<FakeLoadedModel> loads = java.util.Collections.synchronizedList(new ArrayList<>());
    private Duration loadWait = Duration.ofSeconds(20);
    private ModelCatalog catalog;
    private ModelCache cache;

    @BeforeEach
    void open() throws IOException {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:cache;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE");
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        DataDirectory directory = new DataDirectory(data);
        catalog = new ModelCatalog(
                new ModelRows(JdbcClient.create(database), directory),
                directory,
                new DefaultListableBeanFactory().getBeanProvider(ModelHold.class));
        for (String id : List.of("a", "b", "c")) {
            ModelCatalogTest.modelDirectory(data.resolve("models").resolve(id));
        }
        cache = cache(2, DataSize.ofMegabytes(1), this::load);
    }

    private ModelCache cache(int maxLoaded, DataSize maxMemory, ModelLoader loader) {
        return new ModelCache(catalog, loader, new ModelsProperties(maxLoaded, maxMemory, loadWait));
    }

    private FakeLoadedModel load(Model model) {
        FakeLoadedModel loaded = new FakeLoadedModel(model);
        loads.add(loaded);
        return loaded;
    }

    private void use(String id) {
        cache.lease(id).close();
    }

    private List<String> loaded() {
        return loads.stream()
                .filter(model -> model.closed.get() == 0)
                .map(model -> model.model.id())
                .toList();
    }

    @Test
    void loadsOnceHoweverManyAskAtOnce() throws Exception {
        int askers = 8;
        CountDownLatch asked = new CountDownLatch(askers);
        CountDownLatch go = new CountDownLatch(1);
        cache = cache(2, DataSize.ofMegabytes(1), model -> {
            awaitQuietly(go);
            return load(model);
        });
        ExecutorService threads = Executors.newFixedThreadPool(askers);
        try {
            List<Future<Lease>> leases = new ArrayList<>();
            for (int i = 0; i < askers; i++) {
                leases.add(threads.submit(() -> {
                    asked.countDown();
                    return cache.lease("a");
                }));
            }
            asked.await();
            go.countDown();
            for (Future<Lease> lease : leases) {
                lease.get(10, TimeUnit.SECONDS).close();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(loads).hasSize(1);
        assertThat(loaded()).containsExactly("a");
    }

    @Test
    void theOneIdleLongestMakesRoom() {
        use("a");
        use("b");
        use("a");
        use("c");
        assertThat(loaded()).containsExactlyInAnyOrder("a", "c");
    }

    @Test
    void oneInUseIsNeverEvicted() {
        try (Lease a = cache.lease("a")) {
            use("b");
            use("c");
            assertThat(loaded()).containsExactlyInAnyOrder("a", "c");
            assertThat(a.loaded()).isSameAs(loads.get(0));
        }
    }

    @Test
    void whenAllAreInUseANewOneMustWait() {
        try (Lease a = cache.lease("a");
                Lease b = cache.lease("b")) {
            assertThatThrownBy(() -> cache.lease("c"))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(HttpStatus.SERVICE_UNAVAILABLE));
            assertThat(List.of(a, b))
                    .extracting(Lease::loaded)
                    .allMatch(model -> loaded().contains(((FakeLoadedModel) model).model.id()));
        }
        use("c");
        assertThat(loaded()).contains("c");
    }

    @Test
    void memoryIsBoundedToo() throws IOException {
        for (String id : List.of("a", "b", "c")) {
            Files.write(data.resolve("models").resolve(id).resolve("model.safetensors"), new byte[1000]);
        }
        cache = cache(9, DataSize.ofBytes(2000), this::load);
        use("a");
        use("b");
        use("c");
        assertThat(loaded()).containsExactly("b", "c");
    }

    @Test
    void aModelLargerThanAllMemoryIsRefused() throws IOException {
        Files.write(data.resolve("models/a/model.safetensors"), new byte[3000]);
        cache = cache(9, DataSize.ofBytes(2000), this::load);
        refuses("a", HttpStatus.BAD_REQUEST, "3000 bytes");
    }

    @Test
    void aFailedLoadIsTriedAgain() {
        cache = cache(2, DataSize.ofMegabytes(1), model -> {
            if (loads.isEmpty()) {
                load(model);
                throw new IllegalStateException("torn file");
            }
            return load(model);
        });
        assertThatThrownBy(() -> cache.lease("a")).hasMessage("torn file");
        use("a");
        assertThat(loads).hasSize(2);
    }

    @Test
    void aDirectoryWrittenAnewIsLoadedAnew() throws IOException {
        use("a");
        writeAnew("a");
        use("a");
        await().until(() -> loads.size() == 2);
    }

    @Test
    void whoWaitsTooLongForAModelIsToldToComeBack() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        loadWait = Duration.ZERO;
        cache = cache(2, DataSize.ofMegabytes(1), model -> {
            awaitQuietly(go);
            return load(model);
        });
        refuses("a", HttpStatus.SERVICE_UNAVAILABLE, "is being loaded");
        assertThat(cache.release("a")).isPresent();
        go.countDown();
        await().until(() -> !cache.loads().isEmpty());
        use("a");
        assertThat(loads).hasSize(1);
    }

    @Test
    void anOlderVersionAnswersWhileTheNewerIsLoadedAndThenGoes() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        cache = cache(2, DataSize.ofMegabytes(1), model -> {
            if (!loads.isEmpty()) {
                awaitQuietly(go);
            }
            return load(model);
        });
        Lease old = cache.lease("a");
        writeAnew("a");
        try (Lease meanwhile = cache.lease("a")) {
            assertThat(meanwhile.loaded()).isSameAs(old.loaded());
            assertThat(meanwhile.model().version()).isEqualTo(old.model().version());
        }
        go.countDown();
        await().until(() -> cache.loads().size() == 2);
        try (Lease newer = cache.lease("a")) {
            assertThat(newer.loaded()).isNotSameAs(old.loaded());
        }
        assertThat(((FakeLoadedModel) old.loaded()).closed.get()).isZero();
        old.close();
        await().until(() -> ((FakeLoadedModel) old.loaded()).closed.get() == 1);
        assertThat(loaded()).containsExactly("a");
    }

    @Test
    void aNewerVersionThatCannotBeOpenedLeavesTheOlderInPlace() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        cache = cache(2, DataSize.ofMegabytes(1), model -> {
            if (!loads.isEmpty()) {
                failed.countDown();
                throw new IllegalStateException("torn file");
            }
            return load(model);
        });
        use("a");
        writeAnew("a");
        use("a");
        assertThat(failed.await(5, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 100; i++) {
            use("a");
        }
        assertThat(loads).hasSize(1);
    }

    @Test
    void whereThereIsNoRoomForTheNewerVersionTheOlderAnswers() throws Exception {
        cache = cache(1, DataSize.ofMegabytes(1), this::load);
        try (Lease old = cache.lease("a")) {
            writeAnew("a");
            try (Lease same = cache.lease("a")) {
                assertThat(same.loaded()).isSameAs(old.loaded());
            }
        }
    }

    @Test
    void modelsComeGoAndChangeUnderTrafficWithoutAnError() throws Exception {
        cache = cache(8, DataSize.ofMegabytes(1), this::load);
        ExecutorService clients = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> counts = new ArrayList<>();
            for (int client = 0; client < 4; client++) {
                counts.add(clients.submit(() -> {
                    int answered = 0;
                    for (int i = 0; i < 300; i++) {
                        try (Lease lease = cache.lease("a")) {
                            assertThat(((FakeLoadedModel) lease.loaded()).closed.get())
                                    .isZero();
                            answered++;
                        }
                        cache.release("a");
                    }
                    return answered;
                }));
            }
            for (int second = 0; second < 20; second++) {
                Files.setLastModifiedTime(
                        data.resolve("models/a/config.json"),
                        FileTime.from(Instant.parse("2030-01-01T00:00:00Z").plusSeconds(second)));
                use("b");
            }
            for (Future<Integer> count : counts) {
                assertThat(count.get(15, TimeUnit.SECONDS)).isEqualTo(300);
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private void writeAnew(String id) throws IOException {
        Files.setLastModifiedTime(
                data.resolve("models").resolve(id).resolve("config.json"),
                FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
    }

    @Test
    void aBlueprintHasNoRepliesToGive() {
        refuses("gpt2-tiny", HttpStatus.BAD_REQUEST, "has not been trained");
        refuses("nobody", HttpStatus.NOT_FOUND, "'nobody'");
    }

    @Test
    void letsGoOfAnIdleModelButNotOfOneInUse() {
        Lease lease = cache.lease("a");
        assertThat(cache.release("a")).contains("requests being answered by it: 1");
        lease.close();
        lease.close();
        assertThat(cache.release("a")).isEmpty();
        assertThat(loaded()).isEmpty();
    }

    @Test
    void closesEverythingAtTheEndExactlyOnce() {
        use("a");
        Lease inUse = cache.lease("b");
        cache.close();
        inUse.close();
        assertThat(loads).allMatch(model -> model.closed.get() == 1);
        refuses("a", HttpStatus.SERVICE_UNAVAILABLE, "shutting down");
    }

    private void refuses(String id, HttpStatus status, String words) {
        assertThatThrownBy(() -> cache.lease(id))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.status()).isEqualTo(status))
                .hasMessageContaining(words);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
