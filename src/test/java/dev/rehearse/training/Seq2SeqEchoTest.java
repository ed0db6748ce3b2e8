package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.generation.Reply;
import dev.rehearse.grading.Grading;
import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.ConvSeq2Seq;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.LstmSeq2Seq;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both encoder–decoders learn to repeat letters that they have not seen in this order. */
class Seq2SeqEchoTest {
    private static final String LETTERS = "abcdef";
    private static final int HELD_OUT = 50;

    @TempDir
    private Path directory;

    static List<IntFunction<Architecture>> shapes() {
        return List.of(
                vocabulary -> new LstmSeq2Seq(vocabulary, TinyModel.CONTEXT, 32, 1, true),
                vocabulary -> new ConvSeq2Seq(vocabulary, TinyModel.CONTEXT, 32, 1, 1, 3));
    }

    private static TrainingData words() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        List<Example> examples = IntStream.range(0, 500)
                .mapToObj(i -> random.ints(4, 0, LETTERS.length())
                        .mapToObj(letter -> LETTERS.substring(letter, letter + 1))
                        .reduce("", String::concat))
                .distinct()
                .map(word -> TinyModel.example(1, word + "=", word))
                .toList();
        return new TrainingData(examples.subList(HELD_OUT, examples.size()), examples.subList(0, HELD_OUT));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void itRepeatsWhatItHasNotSeen(IntFunction<Architecture> shape) throws IOException {
        Path start = TinyModel.write(directory.resolve("start"), LETTERS + "=", shape);
        TrainingData data = words();
        Method method = Method.supervised(Map.of(
                "hyperparameters",
                Map.of("n_epochs", 50, "batch_size", 32),
                "learning_rate",
                1e-2,
                "dropout",
                0,
                "max_steps",
                300));
        RunSpec spec = TinyModel.spec(start, data, method, directory.resolve("supervised"));
        Path learned = new Trainer(TinyModel.device(), Grading.ofTexts(() -> 0), () -> 0)
                .run(spec, Recording.toTheEnd())
                .best()
                .get(0)
                .directory();
        assertThat(repeated(start, data.validation())).isZero();
        assertThat(repeated(learned, data.validation())).isGreaterThan(45);
    }

    /** How many of the words it repeats greedily. */
    private static long repeated(Path model, List<Example> words) {
        try (StartingModel opened = TinyModel.open(model);
                Decoding decoding = opened.network().decoding(HELD_OUT, TinyModel.CONTEXT, Device.Priority.TRAINING)) {
            Generator generator =
                    new Generator(decoding, new int[] {opened.tokenizer().endId()}, 6);
            List<int[]> prompts = EncodedExamples.prompts(words, opened.template(), TinyModel.CONTEXT);
            Reply[] replies = generator.generate(prompts, new Behaviour.Greedy());
            return IntStream.range(0, HELD_OUT)
                    .filter(i -> opened.tokenizer()
                            .decode(replies[i].tokens())
                            .equals(words.get(i).item().get("answer")))
                    .count();
        }
    }
}
