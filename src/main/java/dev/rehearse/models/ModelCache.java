package dev.rehearse.models;

import dev.rehearse.generation.BatchScheduler;
import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The models in memory. One is loaded when first asked for, once however many ask at the same time, and stays until room
 * is needed; of those nobody uses, the one idle longest goes first. While a newer version of a model is being loaded the
 * older one answers, and goes when nobody uses it any more. Thread-safe: entries are guarded by {@code this}; loading and
 * closing happen outside the lock, on threads of their own.
 */
@Component
public final class ModelCache implements ModelHold, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelCache.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    /** A newer version that could not be opened is tried again after this, while an older one answers. */
    private static final Duration SECOND_TRY = Duration.ofSeconds(30);
    /** Threads of the web server that may wait for models. */
    private static final int MOST_WAITING = 64;

    /** One version of a model, from when it is first asked for. Guarded by the cache. */
    private static final class Entry {
        private final Model model;
        private final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
        /** Of requests, and one of whoever loads it. */
        private int leases;

        private long bytes;
        /** A newer version is there. */
        private boolean replaced;

        Entry(Model model) {
            this.model = model;
        }

        boolean isReady() {
            return loaded.isDone() && !loaded.isCompletedExceptionally();
        }
    }

    private final ModelCatalog catalog;
    private final ModelLoader loader;
    private final ModelsProperties limits;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "model-cache");
        thread.setDaemon(true);
        return thread;
    });
    private final Semaphore mayWait = new Semaphore(MOST_WAITING);
    /** By id and version, least recently used first. */
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    /** When a version could not be opened, by id and version. */
    private final Map<String, Long> failures = new HashMap<>();

    private boolean closed;

    ModelCache(ModelCatalog catalog, ModelLoader loader, ModelsProperties limits) {
        this.catalog = catalog;
        this.loader = loader;
        this.limits = limits;
    }

    /**
     * Waits until the model is in memory, but not for long.
     *
     * @throws ApiException 404 unknown; 400 a blueprint, or too large to be loaded at all; 503 still being loaded, no room
     *     now, or shutting down
     */
    public Lease lease(String id) {
        Model model = catalog.require(id);
        if (model.kind() == Model.Kind.BLUEPRINT) {
            throw ApiException.invalid(
                    "model_not_trained",
                    "model",
                    "The model '" + id + "' is a blueprint: a network shape that has not been trained. Start a"
                            + " fine-tuning job from it and ask the model that job makes");
        }
        Entry entry;
        synchronized (this) {
            requireOpen();
            entry = entry(model);
            entry.leases++;
        }
        try {
            return new Lease(entry.model, await(entry), () -> giveBack(entry));
        } catch (RuntimeException | Error e) {
            giveBack(entry);
            throw e;
        }
    }

    /** Called with the lock held. The wanted version, or an older one while that is not ready. */
    private Entry entry(Model model) {
        String key = key(model);
        Entry known = entries.get(key);
        if (known != null && known.isReady()) {
            return known;
        }
        Entry older = older(model, key);
        if (older == null) {
            return known == null ? admit(key, model) : known;
        }
        if (known == null && !hasJustFailed(key)) {
            admitIfThereIsRoom(key, model);
        }
        return older;
    }

    private void admitIfThereIsRoom(String key, Model model) {
        try {
            admit(key, model);
        } catch (ApiException e) {
            log.debug("the older version of model {} goes on answering", model.id(), e);
        }
    }

    private static String key(Model model) {
        return model.id() + '@' + model.version();
    }

    private @Nullable Entry older(Model model, String key) {
        return entries.values().stream()
                .filter(entry -> entry.model.id().equals(model.id()) && entry.isReady())
                .filter(entry -> !key(entry.model).equals(key))
                .findFirst()
                .orElse(null);
    }

    private boolean hasJustFailed(String key) {
        Long failed = failures.get(key);
        return failed != null && System.nanoTime() - failed < SECOND_TRY.toNanos();
    }

    /** How much the models in memory have to do. */
    public synchronized List<BatchScheduler.Load> loads() {
        return entries.values().stream()
                .filter(Entry::isReady)
                .map(entry -> entry.loaded.join().load())
                .toList();
    }

    @Override
    public Optional<String> release(String modelId) {
        List<LoadedModel> idle = new ArrayList<>();
        int used = 0;
        synchronized (this) {
            Iterator<Entry> all = entries.values().iterator();
            while (all.hasNext()) {
                Entry entry = all.next();
                if (entry.model.id().equals(modelId)) {
                    used += entry.leases;
                    if (entry.leases == 0) {
                        idle.add(entry.loaded.join());
                        all.remove();
                    }
                }
            }
        }
        idle.forEach(LoadedModel::close);
        return used == 0 ? Optional.empty() : Optional.of("requests being answered by it: " + used);
    }

    /** Closes every model, also those in use: the service is going down. */
    @Override
    public void close() {
        List<Entry> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(entries.values());
            entries.clear();
        }
        all.forEach(entry -> entry.loaded.thenAccept(LoadedModel::close));
        threads.shutdown();
    }

    private void requireOpen() {
        if (closed) {
            throw ApiException.unavailable("model_not_ready", "The service is shutting down", RETRY);
        }
    }

    /** Called with the lock held. Makes room by the size on disk; the true size is known once it is loaded. */
    private Entry admit(String key, Model model) {
        Entry entry = new Entry(model);
        entry.bytes = ModelDirectory.weightBytes(model.requireDirectory());
        requireFits(entry);
        requireRoomBesideThoseInUse(entry);
        List<LoadedModel> evicted =
                trim(limits.maxLoaded() - 1, limits.maxMemory().toBytes() - entry.bytes, null);
        entries.put(key, entry);
        entry.leases = 1;
        threads.execute(() -> {
            evicted.forEach(LoadedModel::close);
            load(key, entry);
        });
        return entry;
    }

    private void requireRoomBesideThoseInUse(Entry entry) {
        List<Entry> used =
                entries.values().stream().filter(other -> other.leases > 0).toList();
        long bytes = used.stream().mapToLong(other -> other.bytes).sum();
        if (used.size() >= limits.maxLoaded()
                || bytes + entry.bytes > limits.maxMemory().toBytes()) {
            throw ApiException.unavailable(
                    "model_not_ready",
                    "The model '" + entry.model.id() + "' is not loaded and there is no room for it now: " + used.size()
                            + " other models are in use",
                    RETRY);
        }
    }

    private void requireFits(Entry entry) {
        if (entry.bytes > limits.maxMemory().toBytes()) {
            throw ApiException.invalid(
                    "model_too_large",
                    "model",
                    "The model '" + entry.model.id() + "' has " + entry.bytes + " bytes of weights; allowed: "
                            + limits.maxMemory().toBytes() + " (rehearse.models.max-memory)");
        }
    }

    private void load(String key, Entry entry) {
        LoadedModel model;
        try {
            model = loader.load(entry.model);
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                entries.remove(key, entry);
                failures.put(key, System.nanoTime());
            }
            log.warn("model {} cannot be loaded: {}", entry.model.id(), e.toString());
            entry.loaded.completeExceptionally(e);
            return;
        }
        log.info("model {} loaded, {} MiB", entry.model.id(), model.size().toMegabytes());
        synchronized (this) { // whoever waits for it must not find it in use by its loader
            entry.bytes = model.size().toBytes();
            failures.remove(key);
            entries.values().stream()
                    .filter(other -> other != entry && other.model.id().equals(entry.model.id()))
                    .forEach(other -> other.replaced = true);
            entry.loaded.complete(model);
            giveBack(entry);
        }
    }

    private LoadedModel await(Entry entry) {
        if (entry.loaded.isDone()) {
            return result(entry);
        }
        if (!mayWait.tryAcquire()) {
            throw stillLoading(entry);
        }
        try {
            entry.loaded.handle((model, failure) -> true).get(limits.loadWait().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw stillLoading(entry);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stillLoading(entry);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a handled failure is none", e);
        } finally {
            mayWait.release();
        }
        return result(entry);
    }

    private static ApiException stillLoading(Entry entry) {
        return ApiException.unavailable(
                "model_not_ready", "The model '" + entry.model.id() + "' is being loaded", RETRY);
    }

    private static LoadedModel result(Entry entry) {
        try {
            return entry.loaded.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void giveBack(Entry entry) {
        List<LoadedModel> evicted;
        synchronized (this) {
            entry.leases--;
            evicted = trim(limits.maxLoaded(), limits.maxMemory().toBytes(), entry);
        }
        if (!evicted.isEmpty()) {
            threads.execute(() -> evicted.forEach(LoadedModel::close));
        }
    }

    /**
     * Called with the lock held. Takes out idle models until the rest fits, or only models in use are left.
     *
     * @param spared is left in unless a newer version is there: alone it may be larger than all memory allowed
     */
    private List<LoadedModel> trim(int count, long bytes, @Nullable Entry spared) {
        List<LoadedModel> evicted = new ArrayList<>();
        Iterator<Entry> oldestFirst = entries.values().iterator();
        while (oldestFirst.hasNext()) {
            Entry entry = oldestFirst.next();
            boolean tooMuch = entry != spared && (entries.size() > count || usedBytes() > bytes);
            if (entry.leases == 0 && (tooMuch || entry.replaced)) {
                oldestFirst.remove();
                evicted.add(entry.loaded.join());
                log.info("model {} unloaded", entry.model.id());
            }
        }
        return evicted;
    }

    private long usedBytes() {
        return entries.values().stream().mapToLong(entry -> entry.bytes).sum();
    }
}
