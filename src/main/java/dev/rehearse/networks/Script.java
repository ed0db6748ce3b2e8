package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A network's maths as TorchScript text, loaded into libtorch without Python.
 *
 * <p>Scripts are stateless: weights come in with each call, sizes and settings are attributes fixed at loading. A
 * misspelt operator fails here, at loading, with the resource's name and line. Used on the device's thread and its lanes,
 * by several of these at once.
 */
final class Script implements AutoCloseable {
    private static final Pattern CALLS = Pattern.compile("__torch__\\.(\\w+)\\.");

    private final String name;
    private final PtSymbolBlock block;
    private final Runnable whenClosed;
    private boolean closed;

    private Script(String name, PtSymbolBlock block, Runnable whenClosed) {
        this.name = name;
        this.block = block;
        this.whenClosed = whenClosed;
    }

    /**
     * Loads {@code name.py}, a resource beside this class.
     *
     * @param type the class the resource defines
     * @param attributes values of the class's attributes: Boolean, Integer, Double or String
     */
    static Script load(PtNDManager manager, String name, String type, Map<String, Object> attributes) {
        byte[] archive = ScriptArchive.pack(name, type, sources(name), attributes);
        try {
            PtSymbolBlock block = JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false);
            return new Script(name, block, block::close);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same compiled script; closing it does this instead. */
    Script closing(Runnable instead) {
        return new Script(name, block, instead);
    }

    /** Calls a method without recording gradients; its results cannot take part in learning. */
    IValue infer(String method, IValue... arguments) {
        return IValueUtils.runMethod(block, method, arguments);
    }

    /**
     * Calls a method whose results can take part in learning: recorded when the thread's gradient mode is on.
     *
     * @param arguments tensors; the members of a list are all named {@code x[]}, those of a dict {@code x.key}
     */
    NDList learn(PtNDManager manager, String method, NDList arguments) {
        try (NDArray selector = manager.create(0f)) {
            selector.setName("module_method:" + method);
            NDList all = new NDList(arguments.size() + 1);
            all.add(selector);
            all.addAll(arguments);
            return IValueUtils.forward(block, all, true);
        }
    }

    /** The resource and those whose functions it calls as {@code __torch__.name.function}. */
    private static Map<String, String> sources(String name) {
        Map<String, String> sources = new TreeMap<>();
        Deque<String> wanted = new ArrayDeque<>(List.of(name));
        while (!wanted.isEmpty()) {
            String next = wanted.pop();
            if (!sources.containsKey(next)) {
                sources.put(next, source(next));
                CALLS.matcher(sources.get(next))
                        .results()
                        .map(call -> call.group(1))
                        .forEach(wanted::push);
            }
        }
        return sources;
    }

    private static String source(String name) {
        try (InputStream in = Script.class.getResourceAsStream(name + ".py")) {
            if (in == null) {
                throw new IllegalArgumentException("there is no script named " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Idempotent, as one may be shared: what closes twice must not close for another. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            whenClosed.run();
        }
    }

    @Override
    public String toString() {
        return name + ".py";
    }
}
