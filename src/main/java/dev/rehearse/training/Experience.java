package dev.rehearse.training;

import dev.rehearse.networks.QNetwork;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.Source;
import dev.rehearse.training.Play.Outcome;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Turns played replies into episodes for the replay memory. Stateless. */
final class Experience {
    private Experience() {}

    /**
     * One episode per outcome: the grade is the reward of the last token, and what follows it counts nothing, also when
     * the reply was cut off. The grade judges the reply as it stands; adding V of going on would pay for it twice, and
     * replies would learn to run into the limit.
     *
     * @param prior π₀, asked for log π₀ of every reply token
     */
    static List<Episode> episodes(List<Outcome> outcomes, QNetwork prior, double gamma, int policyVersion) {
        TokenBatch batch = batch(outcomes);
        int[][] tokens = batch.tokens();
        float[][] priorLogProbs = prior.read(batch).logProbs();
        return IntStream.range(0, tokens.length)
                .mapToObj(i -> episode(outcomes.get(i), tokens[i], priorLogProbs[i], gamma, policyVersion))
                .toList();
    }

    /** Each prompt with its reply, whose tokens are the actions. */
    static TokenBatch batch(List<Outcome> outcomes) {
        int[][] tokens = new int[outcomes.size()][];
        int[][] actions = new int[outcomes.size()][];
        for (int i = 0; i < tokens.length; i++) {
            int[] prompt = outcomes.get(i).task().prompt();
            int[] reply = outcomes.get(i).reply().tokens();
            tokens[i] = Arrays.copyOf(prompt, prompt.length + reply.length);
            System.arraycopy(reply, 0, tokens[i], prompt.length, reply.length);
            actions[i] = IntStream.range(prompt.length, tokens[i].length).toArray();
        }
        return new TokenBatch(tokens, actions);
    }

    private static Episode episode(Outcome outcome, int[] tokens, float[] prior, double gamma, int policyVersion) {
        int start = tokens.length - prior.length;
        boolean[] mask = new boolean[tokens.length];
        Arrays.fill(mask, start, tokens.length, true);
        float[] rewards = new float[tokens.length];
        rewards[tokens.length - 1] = (float) outcome.grade().score();
        float[] discounts = new float[tokens.length];
        Arrays.fill(discounts, (float) gamma);
        discounts[tokens.length - 1] = 0;
        return new Episode(
                tokens,
                mask,
                rewards,
                discounts,
                shifted(prior, start, tokens.length),
                shifted(outcome.reply().logProbs(), start, tokens.length),
                policyVersion,
                Source.ONLINE);
    }

    private static float[] shifted(float[] actionColumn, int start, int length) {
        float[] column = new float[length];
        System.arraycopy(actionColumn, 0, column, start, actionColumn.length);
        return column;
    }
}
