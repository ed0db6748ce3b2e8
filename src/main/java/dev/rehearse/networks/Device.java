package dev.rehearse.networks;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/**
 * One processor and the one thread that all its tensor work goes through, one piece after the other.
 *
 * <p>One thread, because gradient mode and the graph executor's settings belong to a thread, because OpenMP teams of
 * several callers slow each other down by orders of magnitude, and because the order of work, and with it every bit of
 * the result, is then the order of submission. A piece made of parts spreads them over {@link Lanes} and ends with the
 * last of them. Thread-safe.
 */
public final class Device implements AutoCloseable {
    /** What goes first when several pieces of work wait. */
    public enum Priority {
        /** One step of a reply that somebody waits for. */
        SERVING,
        /** A bounded piece of a training run. */
        TRAINING
    }

    private static final String CLOSED = "the device is closed";

    private final ThreadPoolExecutor executor;
    private final AtomicLong submitted = new AtomicLong();
    private final Map<Priority, Tally> tallies =
            new EnumMap<>(Map.of(Priority.SERVING, new Tally(), Priority.TRAINING, new Tally()));
    private final PtNDManager manager;
    private final Scripts scripts;
    private final List<ComputeType> computeTypes;
    private final Lanes lanes;
    private volatile Thread thread = Thread.currentThread();

    /** How many threads libtorch takes unless told otherwise; read before any lane tells it. */
    private static final class Threads {
        /** Libtorch counts the machine's cores, not what a container may use of them. */
        static final int OF_LIBTORCH =
                Math.min(JniUtils.getNumThreads(), Runtime.getRuntime().availableProcessors());
    }

    /**
     * Starts the engine on the processor, or on GPU 0 when {@code name} is {@code gpu}; a processor has as many lanes as
     * libtorch would take threads.
     */
    public static Device open(String name) {
        return switch (name) {
            case "cpu" -> new Device(ai.djl.Device.cpu(), () -> Threads.OF_LIBTORCH);
            case "gpu" -> new Device(ai.djl.Device.gpu(), () -> 1);
            default -> throw new IllegalArgumentException("the device is " + name + "; allowed: cpu, gpu");
        };
    }

    /** The processor, with so many lanes whatever it has: equal numbers of them give equal bits. */
    public static Device ofLanes(int lanes) {
        return new Device(ai.djl.Device.cpu(), () -> lanes);
    }

    /** @param laneCount asked once the engine is there */
    private Device(ai.djl.Device device, IntSupplier laneCount) {
        executor = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new PriorityBlockingQueue<>(),
                work -> own(new Thread(work, "device-" + device)));
        executor.prestartAllCoreThreads();
        manager = call(Priority.TRAINING, () -> {
            PtNDManager opened = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
            JniUtils.setGradMode(false);
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setNumThreads(Threads.OF_LIBTORCH);
            return opened;
        });
        scripts = new Scripts(manager);
        computeTypes = call(Priority.TRAINING, () -> ComputeType.ofProcessor(manager, scripts));
        lanes = new Lanes(laneCount.getAsInt());
    }

    private Thread own(Thread created) {
        created.setDaemon(true);
        thread = created;
        return created;
    }

    /** The type in which matrix products are fastest here, measured once when the device was opened. */
    public ComputeType computeType() {
        return computeTypes.get(0);
    }

    /** The smallest type of products with instructions of its own; in another, libtorch refuses some and crawls in others. */
    ComputeType narrowest() {
        return computeTypes.contains(ComputeType.BF16) ? ComputeType.BF16 : ComputeType.F32;
    }

    /** Whether generation can keep weights in this type here. */
    public boolean supports(WeightType type) {
        return switch (type) {
            case F32 -> true;
            case INT8 -> isCpu();
            case BF16 -> narrowest() == ComputeType.BF16;
        };
    }

    /** Pieces of work done since the device was opened, and the time they took on its thread. */
    public record Done(long pieces, Duration time) {}

    public Done done(Priority priority) {
        return tally(priority).done();
    }

    private Tally tally(Priority priority) {
        return Objects.requireNonNull(tallies.get(priority));
    }

    /** Thread-safe. */
    private static final class Tally {
        private final LongAdder pieces = new LongAdder();
        private final LongAdder nanos = new LongAdder();

        void add(long took) {
            pieces.increment();
            nanos.add(took);
        }

        Done done() {
            return new Done(pieces.sum(), Duration.ofNanos(nanos.sum()));
        }
    }

    boolean isCpu() {
        return !manager.getDevice().isGpu();
    }

    /** Of one part of a training batch, for which a step of a reply waits: about 70 ms of a core without AVX-512. */
    double operationsPerPart() {
        return isCpu() ? 3e9 : 3e12;
    }

    /** The owner of everything that lives longer than one call; used on the device's thread and its lanes only. */
    PtNDManager manager() {
        return manager;
    }

    /** Called on the device's thread and its lanes only. */
    Scripts scripts() {
        return scripts;
    }

    /**
     * Runs work on the device's thread and waits for it; on that thread itself, at once.
     *
     * @throws CancellationException when the caller was interrupted while waiting; the interrupt is restored
     * @throws IllegalStateException when the device is closed
     */
    <T> T call(Priority priority, Callable<T> work) {
        return call(priority, work, () -> {});
    }

    /** The same; before it waits, the caller's thread does something else, which must not throw. */
    <T> T call(Priority priority, Callable<T> work, Runnable meanwhile) {
        if (Thread.currentThread() == thread) {
            meanwhile.run();
            return direct(work);
        }
        Work<T> queued = queue(priority, work);
        meanwhile.run();
        try {
            return result(queued);
        } catch (InterruptedException e) {
            queued.cancel(false);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for the device");
        }
    }

    /**
     * The same for work that makes or frees what somebody owns: an interrupt neither keeps it from running nor loses
     * its result; it is restored.
     */
    <T> T complete(Priority priority, Callable<T> work) {
        if (Thread.currentThread() == thread) {
            return direct(work);
        }
        Work<T> queued = queue(priority, work);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result(queued);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T> Work<T> queue(Priority priority, Callable<T> work) {
        if (Thread.currentThread() instanceof Lanes.Lane) {
            throw new IllegalStateException("a lane asks the device, which waits for it");
        }
        Work<T> queued = new Work<>(priority, submitted.incrementAndGet(), work, tally(priority));
        try {
            executor.execute(queued);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException(CLOSED, e);
        }
        return queued;
    }

    private static <T> T result(Work<T> queued) throws InterruptedException {
        try {
            return queued.get();
        } catch (ExecutionException e) {
            throw asUnchecked(e.getCause());
        }
    }

    /** How many parts of one piece of work can go on at once. */
    int lanes() {
        return lanes.count();
    }

    /**
     * Runs the parts of one piece of work at once, each on one of the {@link #lanes}, and waits for it as {@link #call}.
     * Where that would leave half of the lanes idle, or there is one, parts come one after the other on the device's thread,
     * with all threads of libtorch. A part must not wait for the device, which waits for it.
     *
     * @return their results in order
     */
    <T> List<T> sideBySide(Priority priority, List<Callable<T>> parts) {
        boolean fewBusy = lanes.count() == 1 || 2 * parts.size() <= lanes.count();
        return call(priority, () -> fewBusy ? inTurn(parts) : lanes.run(parts));
    }

    private static <T> List<T> inTurn(List<Callable<T>> parts) {
        return parts.stream().map(Device::direct).toList();
    }

    void run(Priority priority, Runnable work) {
        call(priority, () -> {
            work.run();
            return true;
        });
    }

    static <T> T direct(Callable<T> work) {
        try {
            return work.call();
        } catch (Exception e) {
            throw asUnchecked(e);
        }
    }

    static RuntimeException asUnchecked(@org.jspecify.annotations.Nullable Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("the device failed", cause);
    }

    /** Ends the thread after the work already begun, and frees what the device owns; work still queued is refused. */
    @Override
    public void close() {
        if (executor.isShutdown()) {
            return;
        }
        complete(Priority.TRAINING, () -> {
            // On this thread nothing else runs: what is queued has not begun, and would wait for ever if it were
            // dropped.
            for (Runnable waiting : executor.shutdownNow()) {
                ((Work<?>) waiting).cancel(false);
            }
            lanes.close();
            scripts.close();
            manager.close();
            return true;
        });
    }

    /** A piece of work in the queue: by priority, then first come, first served. */
    private static final class Work<T> extends FutureTask<T> implements Comparable<Work<?>> {
        private final Priority priority;
        private final long number;
        private final Tally tally;

        Work(Priority priority, long number, Callable<T> work, Tally tally) {
            super(work);
            this.priority = priority;
            this.number = number;
            this.tally = tally;
        }

        @Override
        public void run() {
            long begin = System.nanoTime();
            super.run();
            tally.add(System.nanoTime() - begin);
        }

        @Override
        public int compareTo(Work<?> other) {
            int byPriority = priority.compareTo(other.priority);
            return byPriority != 0 ? byPriority : Long.compare(number, other.number);
        }
    }
}
