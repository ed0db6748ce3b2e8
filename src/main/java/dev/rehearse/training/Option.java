package dev.rehearse.training;

import dev.rehearse.qlearning.Algorithm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of {@code dqn} that are no numbers: name on the wire, what is allowed with the default first. The only home
 * of both. Immutable.
 */
enum Option {
    LOSS("loss", List.of("mse", "huber"), null, "distance between Q and its target"),
    TARGET_KIND("target.kind", List.of("ema", "hard"), Algorithm.Choice.TARGET, "how the target network follows"),
    DOUBLE("double", List.of("true", "false"), Algorithm.Choice.DOUBLE, "arg max by the online network"),
    DUELING("dueling", List.of("true", "false"), Algorithm.Choice.DUELING, "Q as V + A − mean A"),
    SHARE_TRUNK("share_trunk", List.of("false", "true"), null, "whether heads move the trunk of the language model"),
    PRIORITIZED("prioritized", List.of("false", "true"), null, "draws by priority; its object switches it on, too");

    private final String wireName;
    private final List<String> allowed;
    private final Algorithm.@Nullable Choice choice;
    private final String meaning;

    Option(String wireName, List<String> allowed, Algorithm.@Nullable Choice choice, String meaning) {
        this.wireName = wireName;
        this.allowed = allowed;
        this.choice = choice;
        this.meaning = meaning;
    }

    String wireName() {
        return wireName;
    }

    /** The default first. */
    List<String> allowed() {
        return allowed;
    }

    String usual() {
        return allowed.get(0);
    }

    /** Whether it is on or off. */
    boolean isFlag() {
        return allowed.contains("true");
    }

    boolean isUsuallyOn() {
        return usual().equals("true");
    }

    String meaning() {
        return meaning;
    }

    boolean isReadBy(Algorithm algorithm) {
        return choice == null || algorithm.reads(choice);
    }
}
