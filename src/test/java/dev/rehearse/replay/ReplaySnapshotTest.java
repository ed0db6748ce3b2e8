package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaySnapshotTest {
    private static final int SEGMENT_FRAME = 4 + 8 + 4;

    private final ReplayRandom chance = new ReplayRandom(4);
    private final ReplaySettings settings = new ReplaySettings(
            1_000,
            new ReplaySettings.Bounds(200, 6_000, 900_000),
            new Sampling.Prioritized(0.6, 0.4),
            0.25,
            new ReplaySettings.Reuse(40, 30),
            new ReplaySettings.Pace(2, 10));

    @TempDir
    private Path folder;

    @Test
    void aRestoredMemoryGoesOnWithTheSameDraws() {
        ReplayMemory memory = Episodes.memory(settings);
        live(memory, new ReplayRandom(9), 0, 1_000);
        ReplayMemory restored = Snapshots.memory(Snapshots.bytes(memory), settings);
        assertThat(restored.stats()).isEqualTo(memory.stats());
        long before = live(memory, new ReplayRandom(10), 1_000, 1_000);
        long after = live(restored, new ReplayRandom(10), 1_000, 1_000);
        assertThat(after).isEqualTo(before);
        assertThat(Snapshots.bytes(restored)).isEqualTo(Snapshots.bytes(memory));
    }

    @Test
    void anEmptyMemoryComesBackEmpty() {
        ReplayMemory restored = Snapshots.memory(Snapshots.bytes(Episodes.memory(settings)), settings);
        assertThat(restored.stats()).isEqualTo(Episodes.memory(settings).stats());
        live(restored, chance, 0, 100);
    }

    @Test
    void aLargeRingThatWrappedComesBackTheSame() {
        ReplaySettings large = Episodes.settings(100_000, new Sampling.Uniform());
        ReplayMemory memory = Episodes.memory(large);
        for (int i = 0; i < 15_000; i++) {
            memory.add(Episodes.of(64, 192, Source.ONLINE, chance));
        }
        assertThat(memory.stats().evicted()).isPositive();
        byte[] bytes = Snapshots.bytes(memory);
        assertThat(Snapshots.bytes(Snapshots.memory(bytes, large))).isEqualTo(bytes);
    }

    @Test
    void everyFlippedBitIsRefused() {
        byte[] bytes = smallSnapshot();
        Set<String> segments = new TreeSet<>();
        for (int i = 0; i < bytes.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = bytes.clone();
                flipped[i] ^= (byte) (1 << bit);
                segments.add(refusal(flipped).segment());
            }
        }
        assertThat(segments)
                .containsExactly("counters", "episodes", "index", "limiter", "priorities", "random", "settings");
    }

    @Test
    void everyShorterFileIsRefused() {
        byte[] bytes = smallSnapshot();
        for (int length = 0; length < bytes.length; length++) {
            assertThat(refusal(Arrays.copyOf(bytes, length))).hasMessageContaining("ends early");
        }
    }

    @Test
    void aLyingLengthIsRefusedBeforeAnythingIsAllocated() {
        byte[] bytes = smallSnapshot();
        for (int at = 0; at < bytes.length; ) {
            ByteBuffer file = ByteBuffer.wrap(bytes.clone());
            long length = file.getLong(at + 4);
            for (long lie : new long[] {Long.MAX_VALUE, Integer.MAX_VALUE, -1, length + 8}) {
                file.putLong(at + 4, lie);
                checksum(file, at, length);
                assertThat(refusal(file.array())).hasMessageContaining("segment");
            }
            at += SEGMENT_FRAME + (int) length;
        }
    }

    /** Contents that contradict each other under checksums that are right. */
    @Test
    void aSnapshotThatOnlyLooksWholeIsRefused() {
        byte[] bytes = smallSnapshot();
        int counters = SEGMENT_FRAME + settings.inWords().length();
        assertThat(refusal(with(bytes, counters, 0, Integer.MAX_VALUE))).hasMessageContaining("2147483647 episodes");
        int index = counters + SEGMENT_FRAME + 32 + SEGMENT_FRAME + 16 + SEGMENT_FRAME + 32;
        assertThat(refusal(with(bytes, index, 0, 1)).segment()).isEqualTo("index");
        assertThat(refusal(with(bytes, index, 40, 7))).hasMessageContaining("does not fit its index");
        int episodes = index + SEGMENT_FRAME + 32 + 3 * 21;
        assertThat(refusal(with(bytes, episodes, 0, 1 << 30)).segment()).isEqualTo("episodes");
        assertThat(refusal(with(bytes, episodes, 4, -1)).segment()).isEqualTo("episodes");
        assertThat(refusal(with(bytes, episodes, 8, 1 << 30)).segment()).isEqualTo("episodes");
    }

    @Test
    void otherSettingsAreTheCallersMistake() {
        assertThatThrownBy(() -> Snapshots.memory(smallSnapshot(), Episodes.settings(9, new Sampling.Uniform())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("episodes 200")
                .hasMessageContaining("episodes 9");
    }

    @Test
    void aFileIsReplacedWholeAndLeavesNothingBeside() throws IOException {
        Path file = folder.resolve("replay.snapshot");
        Files.writeString(file, "an older one");
        ReplayMemory memory = Episodes.memory(settings);
        live(memory, chance, 0, 50);
        ReplaySnapshot.write(memory, file);
        assertThat(Files.list(folder)).containsExactly(file);
        assertThat(Snapshots.bytes(ReplaySnapshot.read(file, settings, () -> 0)))
                .isEqualTo(Snapshots.bytes(memory));
        Files.write(file, new byte[1], StandardOpenOption.APPEND);
        assertThatThrownBy(() -> ReplaySnapshot.read(file, settings, () -> 0))
                .isInstanceOf(CorruptSnapshot.class)
                .hasMessageContaining("is followed by more");
    }

    @Test
    void twoSnapshotsInOneStreamAreReadOneByOne() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(smallSnapshot());
        out.write(smallSnapshot());
        ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());
        ReplaySnapshot.read(in, settings, () -> 0);
        assertThat(ReplaySnapshot.read(in, settings, () -> 0).stats().episodes())
                .isEqualTo(3);
        assertThat(in.available()).isZero();
    }

    private byte[] smallSnapshot() {
        ReplayMemory memory = Episodes.memory(settings);
        for (int i = 0; i < 3; i++) {
            memory.add(Episodes.of(2, 3, i == 1 ? Source.LOGGED : Source.ONLINE, boundedTokens()));
        }
        memory.draw(new Batch(2), 1, 0.4);
        return Snapshots.bytes(memory);
    }

    /** A source of small tokens, for the vocabulary of these settings. */
    private static java.util.random.RandomGenerator boundedTokens() {
        return () -> 1L << 40;
    }

    /** Adds, draws and updates; returns a digest of everything that was drawn. */
    private static long live(ReplayMemory memory, ReplayRandom chance, int from, int steps) {
        Batch batch = new Batch(8);
        long digest = 0;
        for (int step = from; step < from + steps; step++) {
            memory.add(Episodes.any(chance, 1_000, step / 10));
            memory.draw(batch, step / 10, 0.4);
            memory.limiter().mayLearn(8);
            float[] errors = new float[batch.rows() * batch.length()];
            for (int i = 0; i < errors.length; i++) {
                errors[i] = chance.nextFloat() * batch.tokens()[i];
                digest = 31 * digest + batch.tokens()[i];
            }
            for (int row = 0; row < batch.rows(); row++) {
                digest = 31 * digest + batch.handle(row).number() + Float.floatToIntBits(batch.weights()[row]);
            }
            memory.updatePriorities(batch, errors);
        }
        return digest;
    }

    private CorruptSnapshot refusal(byte[] bytes) {
        CorruptSnapshot refusal = catchThrowableOfType(CorruptSnapshot.class, () -> Snapshots.memory(bytes, settings));
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private static byte[] with(byte[] bytes, int segment, int offset, int value) {
        ByteBuffer file = ByteBuffer.wrap(bytes.clone());
        file.putInt(segment + 12 + offset, value);
        checksum(file, segment, file.getLong(segment + 4));
        return file.array();
    }

    private static void checksum(ByteBuffer file, int segment, long length) {
        CRC32C crc = new CRC32C();
        crc.update(file.array(), segment, 12 + (int) length);
        file.putInt(segment + 12 + (int) length, (int) crc.getValue());
    }
}
