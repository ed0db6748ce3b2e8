package dev.rehearse.training;

import dev.rehearse.generation.Generator;
import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Decoding;
import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.training.Method.Experience;
import dev.rehearse.training.Method.Reinforcement;
import dev.rehearse.training.Play.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Which prompts are played when, with which seeds and how many at once. Confined to the run's thread. */
final class RolloutPlan {
    /** State of one decoding stays below this many bytes. */
    private static final long MOST_CACHE_BYTES = 512L << 20;

    private static final int MOST_SLOTS = 256;

    private final ReinforcementSettings settings;
    private final Experience experience;
    private final int logged;
    private final List<Task> training;
    private final List<Task> validation;
    private final int[] endTokens;
    private final int maxTokens;
    private final int capacity;
    private final int slots;
    private final RandomGenerator random;
    private final List<Task> waiting = new ArrayList<>();

    RolloutPlan(RunSpec spec, Reinforcement method, StartingModel start) {
        settings = method.settings();
        experience = method.experience();
        logged = spec.data().logged().size();
        Architecture architecture = start.network().architecture();
        training = tasks(spec.data().train(), start, architecture.contextLength());
        List<Task> all =
                EncodedExamples.validation(() -> tasks(spec.data().validation(), start, architecture.contextLength()));
        validation = all.subList(0, Math.min(all.size(), settings.evalSamples()));
        endTokens = new int[] {start.tokenizer().endId(), start.template().endOfTurn()};
        maxTokens = settings.learning().count(Hyperparameter.MAX_COMPLETION_TOKENS);
        int longest = Math.max(longest(training), longest(validation));
        capacity = Math.min(architecture.contextLength(), longest + maxTokens);
        slots = (int) Math.max(1, Math.min(MOST_SLOTS, MOST_CACHE_BYTES / architecture.decodingBytes(capacity)));
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(spec.seed());
    }

    private static List<Task> tasks(List<Example> examples, StartingModel start, int contextLength) {
        List<int[]> prompts = EncodedExamples.prompts(examples, start.template(), contextLength);
        List<Task> tasks = new ArrayList<>(prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            tasks.add(new Task(prompts.get(i), examples.get(i)));
        }
        return tasks;
    }

    private static int longest(List<Task> tasks) {
        return tasks.stream().mapToInt(task -> task.prompt().length).max().orElse(0);
    }

    /** Updates in the whole run. */
    int totalSteps() {
        return settings.totalSteps(experience, training.size(), logged);
    }

    /** Passes over the prompts, or over the logged episodes where nothing is played. */
    double epoch(int rounds, int steps) {
        return plays()
                ? rounds * (double) settings.batchSize() / training.size() / settings.repliesPerPrompt()
                : steps * (double) settings.batchSize() / logged;
    }

    /** How fast may be learned; at most a tenth of what the run will play is waited for. */
    ReplaySettings.Pace pace() {
        return plays()
                ? new ReplaySettings.Pace(settings.learning().get(Hyperparameter.REPLAY_RATIO), learningStarts())
                : ReplaySettings.Pace.OFFLINE;
    }

    /** Whether replies are played, or nothing but logged episodes is learned from. */
    boolean plays() {
        return experience != Experience.LOGGED;
    }

    int learningStarts() {
        double played = totalSteps()
                * (double) settings.batchSize()
                / settings.learning().get(Hyperparameter.REPLAY_RATIO);
        int wished = settings.learning().count(Hyperparameter.LEARNING_STARTS);
        return (int) Math.max(settings.batchSize(), Math.min(wished, played / 10));
    }

    /** The prompts of one round: as many episodes as an update learns from; each prompt once an epoch, with all its replies. */
    List<Task> nextPrompts() {
        List<Task> round = new ArrayList<>(settings.batchSize());
        while (round.size() < settings.batchSize()) {
            if (waiting.isEmpty()) {
                refill();
            }
            round.add(waiting.remove(waiting.size() - 1));
        }
        return round;
    }

    private void refill() {
        List<Task> epoch = new ArrayList<>(training);
        for (int i = epoch.size() - 1; i > 0; i--) {
            Collections.swap(epoch, i, random.nextInt(i + 1));
        }
        epoch.forEach(task -> waiting.addAll(Collections.nCopies(settings.repliesPerPrompt(), task)));
    }

    long nextSeed() {
        return random.nextLong();
    }

    /** Goes on as if so many rounds had been played: each takes its prompts and a seed. */
    void skip(int rounds) {
        for (int i = 0; i < rounds; i++) {
            nextPrompts();
            nextSeed();
        }
    }

    ReinforcementSettings settings() {
        return settings;
    }

    List<Task> validation() {
        return validation;
    }

    int maxTokens() {
        return maxTokens;
    }

    int capacity() {
        return capacity;
    }

    int slots() {
        return slots;
    }

    Generator generator(Decoding decoding) {
        return new Generator(decoding, endTokens, maxTokens);
    }
}
