package dev.rehearse.networks;

import ai.djl.pytorch.engine.PtNDManager;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The scripts of one device, each compiled once however many networks call it: a small network's takes longer to compile
 * than a batch to learn. Thread-safe.
 */
final class Scripts implements AutoCloseable {
    /** Those in use and, for the next network of the same shape, those that were used last. */
    static final int MOST_KEPT = 64;

    private final PtNDManager manager;
    private final Map<Key, Compiled> byLastUse = new LinkedHashMap<>(16, 0.75f, true);

    Scripts(PtNDManager manager) {
        this.manager = manager;
    }

    private record Key(String name, String type, Map<String, Object> attributes) {}

    /** A script and how many have it open. */
    private static final class Compiled {
        private final Script script;
        private int users;

        Compiled(Script script) {
            this.script = script;
        }
    }

    /** What {@link Script#load} says; the caller closes it. */
    synchronized Script open(String name, String type, Map<String, Object> attributes) {
        Key key = new Key(name, type, Map.copyOf(attributes));
        Compiled compiled =
                byLastUse.computeIfAbsent(key, absent -> new Compiled(Script.load(manager, name, type, attributes)));
        compiled.users++;
        freeOneTooMany();
        return compiled.script.closing(() -> leave(compiled));
    }

    private synchronized void leave(Compiled compiled) {
        compiled.users--;
        freeOneTooMany();
    }

    /** The one that nobody uses for longest, if there are more than are kept. */
    private void freeOneTooMany() {
        Iterator<Compiled> oldest = byLastUse.values().iterator();
        while (byLastUse.size() > MOST_KEPT && oldest.hasNext()) {
            Compiled compiled = oldest.next();
            if (compiled.users == 0) {
                oldest.remove();
                compiled.script.close();
            }
        }
    }

    /** How many there are. */
    synchronized int size() {
        return byLastUse.size();
    }

    @Override
    public synchronized void close() {
        byLastUse.values().forEach(compiled -> compiled.script.close());
        byLastUse.clear();
    }
}
