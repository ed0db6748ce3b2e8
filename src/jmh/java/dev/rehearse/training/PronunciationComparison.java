package dev.rehearse.training;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.generation.Reply;
import dev.rehearse.grading.Grading;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Word error rates of blueprints that were trained on the same words: {@code DATA EPOCHS BLUEPRINT,BLUEPRINT,…}, where DATA
 * is {@code src/examples/pronunciation} or what its {@code Prepare.java --full} has made.
 */
public final class PronunciationComparison {
    private static final int LONGEST_REPLY = 32;

    private PronunciationComparison() {}

    public static void main(String[] arguments) throws IOException {
        Path data = Path.of(arguments[0]);
        TrainingData words = new TrainingData(
                examples(data.resolve("supervised-train.jsonl")),
                examples(data.resolve("supervised-validation.jsonl")));
        List<Example> tested = examples(data.resolve("test.jsonl"));
        try (Device device = Device.open("cpu")) {
            for (String blueprint : arguments[2].split(",")) {
                compare(device, blueprint, words, tested, Integer.parseInt(arguments[1]));
            }
        }
    }

    private static void compare(Device device, String blueprint, TrainingData words, List<Example> tested, int epochs)
            throws IOException {
        Method method = Method.supervised(Map.of(
                "tokenizer", Map.of("kind", "word"),
                "hyperparameters", Map.of("n_epochs", epochs, "batch_size", 64),
                "learning_rate", 0.002,
                "dropout", 0));
        Path output = Files.createTempDirectory("pronunciation");
        long begin = System.nanoTime();
        RunSpec spec = new RunSpec(new StartingPoint.Blueprint(blueprint), words, method, 7, output);
        Checkpoint best = new Trainer(device, Grading.ofTexts(() -> 0), System::nanoTime)
                .run(spec, new Printing(blueprint))
                .best()
                .get(0);
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.out.printf(
                "%s: step %d, %s, %d words, %d epochs, %.0f s, word error rate %.1f%% of %d%n",
                blueprint,
                best.step(),
                best.metrics(),
                words.train().size(),
                epochs,
                seconds,
                100 * wordErrors(device, best.directory(), tested),
                tested.size());
        ModelDirectory.remove(output);
    }

    /** Share of the words whose greedy reply is none of the references. */
    private static double wordErrors(Device device, Path model, List<Example> tested) {
        try (StartingModel opened = StartingModel.open(device, model, NetworkOptions.exact())) {
            int context = opened.network().architecture().contextLength();
            List<int[]> prompts = EncodedExamples.prompts(tested, opened.template(), context);
            int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
            int[] ends = {opened.tokenizer().endId(), opened.template().endOfTurn()};
            try (Decoding decoding =
                    opened.network().decoding(128, longest + LONGEST_REPLY, Device.Priority.TRAINING)) {
                Reply[] replies =
                        new Generator(decoding, ends, LONGEST_REPLY).generate(prompts, new Behaviour.Greedy());
                int errors = 0;
                for (int i = 0; i < replies.length; i++) {
                    String said = opened.tokenizer().decode(replies[i].tokens()).strip();
                    errors += ((List<?>) tested.get(i).item().get("references")).contains(said) ? 0 : 1;
                }
                return errors / (double) replies.length;
            }
        }
    }

    private static List<Example> examples(Path file) throws IOException {
        List<Example> examples = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> examples.add(example(examples.size() + 1, line)));
        }
        return examples;
    }

    private static Example example(int line, String row) {
        JsonObject json = JsonParser.parseString(row).getAsJsonObject();
        List<Message> messages = new ArrayList<>();
        for (JsonElement message : json.getAsJsonArray("messages")) {
            JsonObject said = message.getAsJsonObject();
            messages.add(new Message(
                    Role.of(said.get("role").getAsString()), said.get("content").getAsString()));
        }
        List<String> references = new ArrayList<>();
        if (json.has("references")) {
            json.getAsJsonArray("references").forEach(reference -> references.add(reference.getAsString()));
        }
        return new Example(line, new Example.Conversation.Chat(messages), Map.of("references", references));
    }

    /** Prints validation losses; never stops. */
    private record Printing(String blueprint) implements RunControl {
        @Override
        public void report(Progress progress) {
            if (progress instanceof Progress.Evaluated evaluated) {
                System.out.println(blueprint + " " + evaluated.step() + "/" + evaluated.totalSteps() + " "
                        + evaluated.metrics().get("valid_loss"));
            }
        }

        @Override
        public Wish wish() {
            return Wish.GO_ON;
        }
    }
}
