package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rehearse.networks.Device.Priority;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceTest {
    private Device device;
    private final List<Thread> callers = new ArrayList<>();

    @BeforeEach
    void open() {
        device = TestDevice.open();
    }

    @AfterEach
    void close() throws InterruptedException {
        device.close();
        for (Thread caller : callers) {
            caller.interrupt();
            caller.join();
        }
    }

    /** Starts a caller and returns once it waits for the device. */
    private Thread waiting(Runnable call) {
        Thread caller = new Thread(call);
        callers.add(caller);
        caller.start();
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> caller.getState() == Thread.State.WAITING);
        return caller;
    }

    /** Occupies the device until the latch is counted down. */
    private CountDownLatch occupied() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        waiting(() -> device.run(Priority.TRAINING, () -> {
            begun.countDown();
            await(release);
        }));
        begun.await();
        return release;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void workOfAllCallersRunsOnOneThread() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        List<Thread> started = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Priority priority = Priority.values()[i % 2];
            Thread caller = new Thread(() -> device.run(priority, () -> threads.add(Thread.currentThread())));
            caller.start();
            started.add(caller);
        }
        for (Thread caller : started) {
            caller.join();
        }
        assertEquals(1, threads.size());
        assertFalse(threads.contains(Thread.currentThread()));
    }

    @Test
    void servingOvertakesTrainingAndEqualsKeepTheirOrder() throws InterruptedException {
        CountDownLatch release = occupied();
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        waiting(() -> device.run(Priority.TRAINING, () -> order.add("training 1")));
        waiting(() -> device.run(Priority.TRAINING, () -> order.add("training 2")));
        waiting(() -> device.run(Priority.SERVING, () -> order.add("serving 1")));
        waiting(() -> device.run(Priority.SERVING, () -> order.add("serving 2")));
        release.countDown();
        for (Thread caller : callers) {
            caller.join();
        }
        assertEquals(List.of("serving 1", "serving 2", "training 1", "training 2"), order);
    }

    @Test
    void whatTheWorkThrowsReachesTheCaller() {
        RuntimeException unchecked = new IllegalArgumentException("unchecked");
        Error error = new StackOverflowError("error");
        assertSame(
                unchecked,
                assertThrows(
                        IllegalArgumentException.class,
                        () -> device.call(Priority.SERVING, () -> {
                            throw unchecked;
                        })));
        assertSame(
                error,
                assertThrows(
                        StackOverflowError.class,
                        () -> device.call(Priority.SERVING, () -> {
                            throw error;
                        })));
        IllegalStateException wrapped = assertThrows(
                IllegalStateException.class,
                () -> device.call(Priority.SERVING, () -> {
                    throw new IOException("checked");
                }));
        assertInstanceOf(IOException.class, wrapped.getCause());
        assertEquals(1, device.call(Priority.SERVING, () -> 1));
    }

    @Test
    void theCallerDoesSomethingElseWhileTheDeviceWorks() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Callable<Boolean> work = () -> {
            begun.countDown();
            return done.await(20, TimeUnit.SECONDS);
        };
        boolean ended = device.call(Priority.SERVING, work, () -> {
            await(begun);
            done.countDown();
        });
        assertTrue(ended);
    }

    @Test
    void aCallFromTheDevicesThreadRunsAtOnce() {
        List<Integer> order = new ArrayList<>();
        device.run(Priority.SERVING, () -> {
            order.add(1);
            device.run(Priority.TRAINING, () -> order.add(2));
            device.complete(Priority.TRAINING, () -> order.add(3));
            order.add(4);
        });
        assertEquals(List.of(1, 2, 3, 4), order);
    }

    @Test
    void anInterruptedCallerStopsWaitingAndItsWorkNeverRuns() throws InterruptedException {
        CountDownLatch release = occupied();
        AtomicBoolean ran = new AtomicBoolean();
        AtomicBoolean flag = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = waiting(() -> {
            try {
                device.run(Priority.TRAINING, () -> ran.set(true));
            } catch (CancellationException e) {
                thrown.set(e);
                flag.set(Thread.currentThread().isInterrupted());
            }
        });
        caller.interrupt();
        caller.join();
        release.countDown();
        device.run(Priority.TRAINING, () -> {});
        assertInstanceOf(CancellationException.class, thrown.get());
        assertTrue(flag.get());
        assertFalse(ran.get());
    }

    @Test
    void anInterruptDoesNotKeepOwnedThingsFromBeingMadeOrFreed() {
        Thread.currentThread().interrupt();
        int made = device.complete(Priority.TRAINING, () -> 7);
        assertTrue(Thread.interrupted());
        assertEquals(7, made);
    }

    @Test
    void anInterruptedThreadStillFreesANetworkAndItsDecoding() {
        TorchNetwork network = TorchNetwork.create(device, Gpt2.of(7, 8, 8, 1, 2), NetworkOptions.exact(), 1);
        Decoding decoding = network.decoding(1, 8, Priority.SERVING);
        Thread.currentThread().interrupt();
        decoding.close();
        network.close();
        assertTrue(Thread.interrupted());
        assertEquals(0, arrays());
    }

    @Test
    void closingANetworkTwiceIsHarmless() {
        TorchNetwork network = TorchNetwork.create(device, Gpt2.of(7, 8, 8, 1, 2), NetworkOptions.exact(), 1);
        Decoding decoding = network.decoding(1, 8, Priority.SERVING);
        TokenBatch batch = new TokenBatch(new int[][] {{1, 2}}, new int[][] {{1}});
        network.fit(batch, new Objective.Imitation(), new LearningRates(0.1, 0, 1));
        decoding.close();
        decoding.close();
        network.close();
        network.close();
        assertEquals(0, arrays());
    }

    private int arrays() {
        return device.call(
                Priority.TRAINING, () -> device.manager().getManagedArrays().size());
    }

    @Test
    void workQueuedWhenTheDeviceClosesIsRefusedInsteadOfWaitingForEver() throws InterruptedException {
        CountDownLatch release = occupied();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread closing = waiting(device::close);
        Thread late = waiting(() -> {
            try {
                device.run(Priority.TRAINING, () -> {});
            } catch (IllegalStateException e) {
                thrown.set(e);
            }
        });
        release.countDown();
        closing.join();
        late.join(20_000);
        assertInstanceOf(IllegalStateException.class, thrown.get());
    }

    @Test
    void aClosedDeviceRefusesWorkAndMayBeClosedAgain() {
        device.close();
        device.close();
        String message = assertThrows(IllegalStateException.class, () -> device.run(Priority.SERVING, () -> {}))
                .getMessage();
        assertEquals("the device is closed", message);
    }

    @Test
    void twoDevicesHaveThreadsOfTheirOwn() {
        try (Device other = Device.open("cpu")) {
            Thread first = device.call(Priority.SERVING, Thread::currentThread);
            Thread second = other.call(Priority.SERVING, Thread::currentThread);
            assertNotSame(first, second);
        }
    }

    @Test
    void anUnknownNameIsRefused() {
        String message = assertThrows(IllegalArgumentException.class, () -> Device.open("tpu"))
                .getMessage();
        assertEquals("the device is tpu; allowed: cpu, gpu", message);
    }
}
