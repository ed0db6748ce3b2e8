package dev.rehearse.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final AtomicLong now = new AtomicLong();

    @Test
    void aBarTellsStepLossSpeedAndTimeLeft() {
        JobStatus status = new JobStatus(
                "supervised",
                "running",
                250,
                1000,
                187L,
                Map.of("train_loss", 0.41234, "tokens_per_second", 18204.4, "valid_loss", 0.5));
        assertEquals("supervised    [##------] 250/1000  loss 0.412  18,204 tokens/s  3:07 left", status.line());
    }

    @Test
    void aBarOfReinforcementTellsTheReward() {
        JobStatus status = new JobStatus("reinforcement", "running", 3, 3, null, Map.of("train_reward_mean", 0.8));
        assertEquals("reinforcement [########] 3/3  reward 0.800", status.line());
    }

    @Test
    void theLastLineTellsTheEvaluationAndTheTime() {
        JobStatus status =
                new JobStatus("supervised", "succeeded", 7, 10, null, Map.of("train_loss", 0.25, "valid_loss", 0.5));
        assertEquals(
                "supervised    [#####---] 7/10  loss 0.250, held out 0.500  succeeded after 1:05", status.lastLine(65));
    }

    @Test
    void aJobThatHasNotStartedTellsItsState() {
        assertEquals(
                "supervised    validating files",
                new JobStatus("supervised", "validating_files", 0, 0, null, Map.of()).line());
    }

    @Test
    void theLongestBarFitsOneLine() {
        Map<String, Double> metrics =
                Map.of("train_reward_mean", 0.8, "tokens_per_second", 123456.0, "valid_sampled_reward_mean", 0.8);
        String line = new JobStatus("reinforcement", "running", 9_999, 9_999, 5_999L, metrics).line();
        assertTrue(line.length() <= 80, line);
    }

    @Test
    void hoursAreShownWhenThereAreSome() {
        assertEquals("0:09", JobStatus.clock(9));
        assertEquals("59:59", JobStatus.clock(3599));
        assertEquals("1:02:03", JobStatus.clock(3723));
    }

    @Test
    void aScreenWritesTheStatusOverItself() {
        Terminal terminal = terminal(Terminal.Kind.SCREEN);
        terminal.status("12345");
        terminal.status("67");
        terminal.line("end");
        assertEquals("\r12345\r67   \r  \rend\n", text());
    }

    @Test
    void aFileGetsALineEveryFiveSeconds() {
        Terminal terminal = terminal(Terminal.Kind.FILE);
        for (int second = 0; second <= 10; second++) {
            now.set(Duration.ofSeconds(second).toNanos());
            terminal.status("at " + second);
        }
        assertEquals("at 0\nat 5\nat 10\n", text());
    }

    private Terminal terminal(Terminal.Kind kind) {
        return new Terminal(new PrintStream(written, true, StandardCharsets.UTF_8), kind, now::get);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
