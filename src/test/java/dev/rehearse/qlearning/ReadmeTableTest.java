package dev.rehearse.qlearning;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of settings is printed from {@link Hyperparameter}; when this fails, paste what it shows. */
class ReadmeTableTest {
    private static final String BEGIN = "<!-- hyperparameters -->";
    private static final String END = "<!-- /hyperparameters -->";

    @Test
    void theReadmeShowsEverySettingWithItsDefaultAndRange() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        assertThat(readme)
                .as("README.md must contain:%n%s", section())
                .containsOnlyOnce(BEGIN)
                .contains(section());
    }

    private static String section() {
        return Arrays.stream(Hyperparameter.values())
                .map(ReadmeTableTest::row)
                .collect(Collectors.joining(
                        "\n",
                        BEGIN + "\n| `dqn.…` | default | allowed | read by | what it is |\n|---|---|---|---|---|\n",
                        "\n" + END));
    }

    private static String row(Hyperparameter parameter) {
        return "| `%s` | %s | %s | %s | %s |"
                .formatted(
                        parameter.wireName(),
                        Hyperparameter.text(parameter.defaultValue()),
                        parameter.range(),
                        Algorithm.readersOf(parameter),
                        parameter.meaning().replace("|", "\\|"));
    }
}
