package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.Source;
import dev.rehearse.text.ChatTemplate;
import dev.rehearse.text.Encoded;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The rows of a replay file as episodes for the replay memory. Confined to the run's thread. */
final class LoggedExperience {
    /** Sequences that the prior reads together; sorted by length among themselves, so that little is padding. */
    private static final int CHUNK = 512;

    private final List<Recorded> recorded;

    /**
     * Encodes all rows.
     *
     * @throws InvalidExampleException when one is longer than the context, or a reply of it has no token to learn
     */
    LoggedExperience(List<LoggedEpisode> episodes, ChatTemplate template, int contextLength) {
        recorded = new ArrayList<>(episodes.size());
        for (LoggedEpisode episode : episodes) {
            try {
                recorded.add(Recorded.of(episode, template, contextLength));
            } catch (InvalidExampleException e) {
                throw e.inReplay();
            }
        }
    }

    int size() {
        return recorded.size();
    }

    /** Of all episodes together. */
    Forecast.Tokens tokens() {
        return new Forecast.Tokens(
                recorded.stream().mapToInt(one -> one.tokens.length).sum(),
                recorded.stream().mapToInt(one -> one.actions.length).sum());
    }

    /** Sums of rewards, undiscounted, in the file's order. */
    double[] rewardSums() {
        return recorded.stream().mapToDouble(one -> one.episode.rewardSum()).toArray();
    }

    /**
     * Hands over every episode in the file's order. Who chose the actions is not known, so the prior's log-probability,
     * a copy of a model that was trained on such actions, stands in for the behaviour's.
     *
     * @param prior π₀, asked for log π₀ of every action
     */
    void forEach(QNetwork prior, double gamma, RunControl control, Consumer<Episode> consumer) {
        for (int from = 0; from < recorded.size(); from += CHUNK) {
            control.stopIfRequested();
            List<Recorded> chunk = recorded.subList(from, Math.min(recorded.size(), from + CHUNK));
            float[][] logProbs = logProbs(chunk, prior);
            for (int i = 0; i < logProbs.length; i++) {
                consumer.accept(chunk.get(i).episode(logProbs[i], gamma));
            }
        }
    }

    private static float[][] logProbs(List<Recorded> chunk, QNetwork prior) {
        int[] order = IntStream.range(0, chunk.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> chunk.get(i).tokens.length))
                .mapToInt(Integer::intValue)
                .toArray();
        TokenBatch batch = new TokenBatch(
                Arrays.stream(order).mapToObj(i -> chunk.get(i).tokens).toArray(int[][]::new),
                Arrays.stream(order).mapToObj(i -> chunk.get(i).actions).toArray(int[][]::new));
        float[][] read = prior.read(batch).logProbs();
        float[][] inOrder = new float[order.length][];
        for (int k = 0; k < order.length; k++) {
            inOrder[order[k]] = read[k];
        }
        return inOrder;
    }

    /**
     * An episode as tokens.
     *
     * @param actions positions of the tokens to learn, rising
     * @param lasts position of each reply's last token, one for each reward
     */
    private record Recorded(LoggedEpisode episode, int[] tokens, int[] actions, int[] lasts) {

        static Recorded of(LoggedEpisode episode, ChatTemplate template, int contextLength) {
            Encoded encoded = template.conversation(episode.dialogue().messages());
            List<int[]> replies = replies(encoded.actions());
            List<int[]> learned =
                    replies.subList(replies.size() - episode.rewards().size(), replies.size());
            int[] tokens = tokens(episode, template, encoded);
            if (tokens.length > contextLength) {
                throw new InvalidExampleException(
                        episode.line(), tokens.length + " tokens; the model's context holds " + contextLength);
            }
            int end = tokens.length;
            int[] actions = learned.stream()
                    .flatMapToInt(reply -> IntStream.range(reply[0], Math.min(end, reply[1])))
                    .toArray();
            int[] lasts = learned.stream()
                    .mapToInt(reply -> Math.min(end, reply[1]) - 1)
                    .toArray();
            int lastStart = learned.get(learned.size() - 1)[0];
            if (lasts[lasts.length - 1] < lastStart) {
                throw new InvalidExampleException(episode.line(), "the reply that was cut off has no token");
            }
            return new Recorded(episode, tokens, actions, lasts);
        }

        /** First position and the one behind the last of each reply; between two of them stand the marks of a role. */
        private static List<int[]> replies(boolean[] mask) {
            List<int[]> replies = new ArrayList<>();
            for (int t = 0; t < mask.length; t++) {
                if (mask[t] && (t == 0 || !mask[t - 1])) {
                    replies.add(new int[] {t, t + 1});
                } else if (mask[t]) {
                    replies.get(replies.size() - 1)[1] = t + 1;
                }
            }
            return replies;
        }

        /** Ends in the state whose value is what follows: inside the reply, or where the assistant speaks next. */
        private static int[] tokens(LoggedEpisode episode, ChatTemplate template, Encoded encoded) {
            return switch (episode.end()) {
                case DONE -> encoded.ids();
                case OPEN -> template.prompt(episode.dialogue().messages());
                case CUT_OFF -> Arrays.copyOf(encoded.ids(), closing(encoded.actions()));
            };
        }

        /** Where the last reply's closing token stands. */
        private static int closing(boolean[] mask) {
            int last = mask.length - 1;
            while (!mask[last]) {
                last--;
            }
            return last;
        }

        Episode episode(float[] prior, double gamma) {
            boolean[] mask = new boolean[tokens.length];
            float[] logProbs = new float[tokens.length];
            for (int k = 0; k < actions.length; k++) {
                mask[actions[k]] = true;
                logProbs[actions[k]] = prior[k];
            }
            float[] rewards = new float[tokens.length];
            for (int i = 0; i < lasts.length; i++) {
                rewards[lasts[i]] = episode.rewards().get(i).floatValue();
            }
            float[] discounts = new float[tokens.length];
            Arrays.fill(discounts, (float) gamma);
            if (episode.end() == End.DONE) {
                Arrays.fill(discounts, lasts[lasts.length - 1], tokens.length, 0);
            }
            Source source = episode.teaching() == Teaching.DEMONSTRATION ? Source.DEMONSTRATION : Source.LOGGED;
            return new Episode(tokens, mask, rewards, discounts, logProbs, logProbs, 0, source);
        }
    }
}
