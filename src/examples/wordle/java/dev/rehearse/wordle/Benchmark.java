package dev.rehearse.wordle;

import dev.rehearse.grading.Grading;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.Gpt2;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.Tokenizer;
import dev.rehearse.text.TokenizerKind;
import dev.rehearse.text.TokenizerSpec;
import dev.rehearse.text.TokenizerTrainer;
import dev.rehearse.training.Example;
import dev.rehearse.training.LoggedEpisode;
import dev.rehearse.training.Method;
import dev.rehearse.training.Progress;
import dev.rehearse.training.RunControl;
import dev.rehearse.training.RunResult;
import dev.rehearse.training.RunSpec;
import dev.rehearse.training.StartingPoint;
import dev.rehearse.training.Trainer;
import dev.rehearse.training.TrainingData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Behaviour cloning of logged games, then on the same games cloning that goes on (the control) against offline
 * {@code soft_dqn}, for the same time. Prints a table.
 */
public final class Benchmark {
    private static final int GAMES = 30_000;
    private static final int VALIDATION = 500;
    private static final int CONTEXT = 96;
    private static final int WIDTH = 96;
    private static final int LAYERS = 2;
    private static final int HEADS = 4;
    private static final int BATCH = 32;
    private static final int CLONING_STEPS = 5_000;
    private static final int Q_STEPS = 950;
    /** Peak rate of every training. */
    private static final double RATE = 3e-3;

    private final Path directory;
    private final long seed;
    private final Device device = Device.open("cpu");
    private final Trainer trainer = new Trainer(device, Grading.ofTexts(() -> 0), System::nanoTime);
    private final Rules rules;
    private final List<Game> games;
    private final List<Game> validation;

    private Benchmark(Path words, Path directory, long seed) throws IOException {
        this.directory = directory;
        this.seed = seed;
        rules = new Rules(Files.readAllLines(words).toArray(String[]::new));
        LoggingPlayer player = new LoggingPlayer(
                rules, RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        games = Stream.generate(player::play).limit(GAMES).toList();
        validation = Stream.generate(player::play).limit(VALIDATION).toList();
    }

    /** @param arguments the list of words, a directory to write models to, and the seed */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: Benchmark WORDS DIRECTORY SEED");
            System.exit(2);
        }
        long seed = Long.parseLong(arguments[2]);
        Path directory = Files.createDirectories(Path.of(arguments[1]));
        new Benchmark(Path.of(arguments[0]), Files.createTempDirectory(directory, "seed-" + seed + "-"), seed).run();
    }

    private void run() throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%,d logged games, seed %d: mean return %.3f, %.1f%% won%n",
                games.size(),
                seed,
                games.stream().mapToDouble(Game::total).average().orElseThrow(),
                100.0 * games.stream().filter(Game::isWon).count() / games.size());
        Path fresh = fresh();
        Trained clone = clone("clone", fresh, CLONING_STEPS);
        Trained learned = softDqn(clone.model());
        int steps = (int) Math.ceil(learned.seconds() / clone.secondsPerStep());
        Trained control = clone("control", clone.model(), steps);
        System.out.printf("%n| trained on the same games | seconds | mean return | won | illegal | sampled |%n");
        System.out.printf("|---|---|---|---|---|---|%n");
        row("cloned", clone);
        row("cloned, then cloned on (control)", control);
        row("cloned, then offline soft_dqn", learned);
        device.close();
    }

    private record Trained(Path model, double seconds, int steps) {
        double secondsPerStep() {
            return seconds / steps;
        }
    }

    /** A network that has learned nothing; a character is a token. */
    private Path fresh() throws IOException {
        Path fresh = Files.createDirectories(directory.resolve("fresh"));
        new TokenizerTrainer(new TokenizerSpec(TokenizerKind.CHAR, 128, false))
                .train(Stream.of(Game.ALPHABET), CONTEXT, fresh);
        try (Tokenizer tokenizer = Tokenizer.open(fresh)) {
            Gpt2 shape = Gpt2.of(tokenizer.vocabularySize(), CONTEXT, WIDTH, LAYERS, HEADS);
            try (TorchNetwork network = TorchNetwork.create(device, shape, NetworkOptions.exact(), seed)) {
                network.save(fresh);
            }
            Files.writeString(
                    fresh.resolve("config.json"), shape.toConfig(tokenizer.endId()).toString());
        }
        return fresh;
    }

    private Trained clone(String name, Path start, int steps) throws IOException {
        Method method = Method.supervised(Map.of(
                "max_steps",
                steps,
                "learning_rate",
                RATE,
                "dropout",
                0,
                "patience",
                1_000,
                "hyperparameters",
                Map.of("n_epochs", 50, "batch_size", BATCH)));
        return train(name, start, new TrainingData(examples(games), examples(validation)), method);
    }

    private static List<Example> examples(List<Game> games) {
        return IntStream.range(0, games.size())
                .mapToObj(i -> games.get(i).example(i + 1))
                .toList();
    }

    private Trained softDqn(Path start) throws IOException {
        Map<String, Object> dqn = Map.of(
                "alpha", 0.06,
                "lambda", 0.9,
                "kl_weight", 0.02,
                "bc_weight", 0.2,
                "share_trunk", true,
                "learning_rate", RATE,
                "value_learning_rate", RATE,
                "value_warmup_steps", 80,
                "max_steps", Q_STEPS);
        Method method = Method.reinforcement(
                null,
                Method.Experience.LOGGED,
                Map.of("hyperparameters", Map.of("batch_size", BATCH), "dqn", dqn));
        List<LoggedEpisode> logged = IntStream.range(0, games.size())
                .mapToObj(i -> games.get(i).episode(i + 1))
                .toList();
        return train("soft_dqn", start, new TrainingData(List.of(), List.of(), logged), method);
    }

    private Trained train(String name, Path start, TrainingData data, Method method) throws IOException {
        Path output = Files.createDirectories(directory.resolve(name));
        Reports reports = new Reports(name);
        long begin = System.nanoTime();
        RunResult result = trainer.run(
                new RunSpec(new StartingPoint.Directory(start), data, method, seed, output), reports);
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new Trained(result.best().get(0).directory(), seconds, reports.step);
    }

    private void row(String what, Trained trained) {
        try (GreedyPlayer player = new GreedyPlayer(rules, device, trained.model())) {
            GreedyPlayer.Score greedy = player.play();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f | %.3f | %.1f%% | %.1f%% | %.3f |%n",
                    what,
                    trained.seconds(),
                    greedy.meanReturn(),
                    100 * greedy.won(),
                    100 * greedy.illegal(),
                    player.sample(1).meanReturn());
        }
    }

    /** A line now and then. */
    private static final class Reports implements RunControl {
        private static final long BETWEEN_LINES = 10_000_000_000L;

        private final String name;
        private long printed = System.nanoTime();
        private int step;

        Reports(String name) {
            this.name = name;
        }

        @Override
        public void report(Progress progress) {
            if (progress instanceof Progress.Step made) {
                step = made.step();
                if (System.nanoTime() - printed > BETWEEN_LINES || step == made.totalSteps()) {
                    printed = System.nanoTime();
                    System.out.println(name + ": update " + step + " of " + made.totalSteps());
                }
            }
        }

        @Override
        public Wish wish() {
            return Wish.GO_ON;
        }
    }
}
