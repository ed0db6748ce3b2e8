package dev.rehearse.jobs;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;

/**
 * What a replay memory could still get: room in the Java heap, which a container's limit bounds, or less where the
 * machine has less. Young objects do not count as room taken: most of them are garbage. Stateless.
 */
@Component
class FreeMemory {
    private static final Path MACHINE = Path.of("/proc/meminfo");

    DataSize now() {
        Runtime runtime = Runtime.getRuntime();
        long settled = settled();
        long heap = runtime.maxMemory() - settled;
        long held = runtime.totalMemory() - settled; // the process has it already
        return DataSize.ofBytes(Math.max(0, Math.min(heap, held + available())));
    }

    private static long settled() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .filter(pool -> !pool.getName().contains("Eden"))
                .map(MemoryPoolMXBean::getUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }

    /** Bytes the machine could give without swapping; where it does not say, the heap alone decides. */
    private static long available() {
        try (Stream<String> lines = Files.lines(MACHINE)) {
            return lines.filter(line -> line.startsWith("MemAvailable:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(Long.MAX_VALUE >> 1);
        } catch (IOException e) {
            return Long.MAX_VALUE >> 1;
        }
    }
}
