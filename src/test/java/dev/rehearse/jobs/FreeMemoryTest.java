package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreeMemoryTest {
    private static final int BLOCK = 32 << 20; // too large for the young generation: it counts at once

    private final FreeMemory memory = new FreeMemory();

    @Test
    void isSomethingAndAtMostTheHeap() {
        assertThat(memory.now().toBytes())
                .isPositive()
                .isLessThanOrEqualTo(Runtime.getRuntime().maxMemory());
    }

    @Test
    void whatIsHeldIsNotFree() {
        System.gc(); // what others left behind would be collected in between and count as free
        long before = memory.now().toBytes();
        List<byte[]> held = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            held.add(new byte[BLOCK]);
        }
        assertThat(memory.now().toBytes()).isLessThan(before - 4L * BLOCK);
        assertThat(held).hasSize(8);
    }
}
