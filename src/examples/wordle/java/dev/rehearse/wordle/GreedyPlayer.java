package dev.rehearse.wordle;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.generation.Reply;
import dev.rehearse.networks.Decoding;
import dev.rehearse.networks.Device;
import dev.rehearse.networks.NetworkOptions;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A model that plays one game for every word of the list, its most probable letters each time. Confined to one thread. */
final class GreedyPlayer implements AutoCloseable {
    private final Rules rules;
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final TorchNetwork network;
    private final Decoding decoding;
    private final Generator generator;

    GreedyPlayer(Rules rules, Device device, Path model) {
        this.rules = rules;
        tokenizer = Tokenizer.open(model);
        template = ChatTemplate.of(tokenizer);
        network = TorchNetwork.open(device, model, NetworkOptions.exact());
        decoding = network.decoding(
                rules.count(), network.architecture().contextLength(), Device.Priority.TRAINING);
        int[] ends = {tokenizer.endId(), template.endOfTurn()};
        generator = new Generator(decoding, ends, Rules.LETTERS + 1);
    }

    /**
     * What came out over all words.
     *
     * @param meanReturn sum of rewards, mean over games
     * @param won share of the games
     * @param illegal share of the guesses that are no word of the list; they cost as much as a wrong one
     */
    record Score(double meanReturn, double won, double illegal) {}

    Score play() {
        return play(new Behaviour.Greedy());
    }

    /** As above, each letter drawn at temperature 1. */
    Score sample(long seed) {
        return play(new Behaviour.Sample(1, 0, seed));
    }

    private Score play(Behaviour behaviour) {
        List<Game> games = new ArrayList<>(IntStream.range(0, rules.count())
                .mapToObj(word -> new Game(rules.word(word), List.of()))
                .toList());
        for (int turn = 0; turn < Rules.GUESSES; turn++) {
            guess(games, of(behaviour, turn));
        }
        return score(games);
    }

    private static Behaviour of(Behaviour behaviour, int turn) {
        return behaviour instanceof Behaviour.Sample sample
                ? new Behaviour.Sample(1, 0, sample.seed() + 1_000L * turn)
                : behaviour;
    }

    private void guess(List<Game> games, Behaviour behaviour) {
        int[] open = IntStream.range(0, games.size())
                .filter(i -> !games.get(i).isOver())
                .toArray();
        List<int[]> prompts = IntStream.of(open)
                .mapToObj(i -> template.prompt(games.get(i).messages()))
                .toList();
        if (prompts.isEmpty()) {
            return;
        }
        Reply[] replies = generator.generate(prompts, behaviour);
        for (int k = 0; k < open.length; k++) {
            String text = tokenizer.decode(replies[k].tokens());
            games.set(open[k], games.get(open[k]).with(asGuess(text)));
        }
    }

    /** Five characters, as an answer needs them. */
    private static String asGuess(String text) {
        return (text + "?".repeat(Rules.LETTERS)).substring(0, Rules.LETTERS);
    }

    private Score score(List<Game> games) {
        List<String> guesses =
                games.stream().flatMap(game -> game.guesses().stream()).toList();
        return new Score(
                games.stream().mapToDouble(Game::total).average().orElseThrow(),
                games.stream().filter(Game::isWon).count() / (double) games.size(),
                guesses.stream().filter(guess -> !rules.isWord(guess)).count() / (double) guesses.size());
    }

    @Override
    public void close() {
        decoding.close();
        network.close();
        tokenizer.close();
    }
}
