package dev.rehearse.models;

import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The models in memory. One is loaded when first asked for, once however many ask at the same time, and stays until
 * room is needed; of those nobody uses, the one idle longest goes first. Thread-safe: entries are guarded by
 * {@code this}; loading and closing happen outside the lock.
 */
@Component
public final class ModelCache implements ModelHold, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelCache.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    /** One model, from when it is first asked for. Guarded by the cache. */
    private static final class Entry {
        private final Model model;
        private final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
        private int leases;
        private long bytes;

        Entry(Model model) {
            this.model = model;
        }
    }

    private final ModelCatalog catalog;
    private final ModelLoader loader;
    private final ModelsProperties limits;
    /** By id and version, least recently used first. */
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;

    ModelCache(ModelCatalog catalog, ModelLoader loader, ModelsProperties limits) {
        this.catalog = catalog;
        this.loader = loader;
        this.limits = limits;
    }

    /**
     * Waits until the model is in memory.
     *
     * @throws ApiException 404 unknown; 400 a blueprint, or too large to be loaded at all; 503 no room now, or shutting
     *     down
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
        String key = model.id() + '@' + model.version();
        List<LoadedModel> evicted = new ArrayList<>();
        Entry entry;
        boolean mine;
        synchronized (this) {
            requireOpen();
            Entry known = entries.get(key);
            mine = known == null;
            entry = known == null ? admit(key, model, evicted) : known;
            entry.leases++;
        }
        evicted.forEach(LoadedModel::close);
        if (mine) {
            load(key, entry);
        }
        return new Lease(model, await(entry), () -> giveBack(entry));
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
    }

    private void requireOpen() {
        if (closed) {
            throw ApiException.unavailable("model_not_ready", "The service is shutting down", RETRY);
        }
    }

    /** Called with the lock held. Makes room by the size on disk; the true size is known once it is loaded. */
    private Entry admit(String key, Model model, List<LoadedModel> evicted) {
        Entry entry = new Entry(model);
        entry.bytes = ModelDirectory.weightBytes(model.requireDirectory());
        requireFits(entry);
        requireRoomBesideThoseInUse(entry);
        trim(limits.maxLoaded() - 1, limits.maxMemory().toBytes() - entry.bytes, evicted);
        entries.put(key, entry);
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
            }
            entry.loaded.completeExceptionally(e);
            return;
        }
        List<LoadedModel> evicted = new ArrayList<>();
        synchronized (this) {
            entry.bytes = model.size().toBytes();
            trim(limits.maxLoaded(), limits.maxMemory().toBytes(), evicted);
        }
        evicted.forEach(LoadedModel::close);
        log.info("model {} loaded, {} MiB", entry.model.id(), model.size().toMegabytes());
        entry.loaded.complete(model);
    }

    private static LoadedModel await(Entry entry) {
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
        List<LoadedModel> evicted = new ArrayList<>();
        synchronized (this) {
            entry.leases--;
            trim(limits.maxLoaded(), limits.maxMemory().toBytes(), evicted);
        }
        evicted.forEach(LoadedModel::close);
    }

    /** Called with the lock held. Takes out idle models until the rest fits, or only models in use are left. */
    private void trim(int count, long bytes, List<LoadedModel> evicted) {
        Iterator<Entry> oldestFirst = entries.values().iterator();
        while ((entries.size() > count || usedBytes() > bytes) && oldestFirst.hasNext()) {
            Entry entry = oldestFirst.next();
            if (entry.leases == 0) {
                oldestFirst.remove();
                evicted.add(entry.loaded.join());
                log.info("model {} unloaded", entry.model.id());
            }
        }
    }

    private long usedBytes() {
        return entries.values().stream().mapToLong(entry -> entry.bytes).sum();
    }
}
