package dev.rehearse.demo;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The two evaluations in words and numbers. Immutable. */
record Report(Scores before, Scores after) {
    private static final int SAMPLES = 10;

    /** A blueprint has no vocabulary yet, so it cannot be asked. */
    private static final String UNTRAINED = "untrained";

    List<String> lines() {
        return Stream.of(table(), verdict(), samples()).flatMap(List::stream).toList();
    }

    private List<String> table() {
        Scores b = before;
        Scores a = after;
        return List.of(
                "",
                String.format(
                        Locale.ROOT,
                        "On %,d words that no job has seen:",
                        b.greedy().size()),
                row("", "blueprint", "after supervised", "after reinforcement", "difference per word"),
                row("phoneme error rate", UNTRAINED, percent(b.phonemeErrorRate()), percent(a.phonemeErrorRate()), ""),
                row("word error rate", UNTRAINED, percent(b.wordErrorRate()), percent(a.wordErrorRate()), ""),
                rewards("mean reward, greedy", b.greedyRewards(), a.greedyRewards()),
                rewards("mean reward, sampled", b.sampledRewards(), a.sampledRewards()),
                "  Error rates are of greedy replies; +/- is one standard error over words.",
                "  The reward is the grader's: rouge_l F1 of phonemes, which is their normalised indel similarity.");
    }

    private static String rewards(String name, double[] before, double[] after) {
        return row(
                name,
                UNTRAINED,
                text(Estimate.of(before), "%.4f +/- %.4f"),
                text(Estimate.of(after), "%.4f +/- %.4f"),
                text(Estimate.ofDifference(before, after), "%+.4f +/- %.4f"));
    }

    private List<String> verdict() {
        Estimate sampled = Estimate.ofDifference(before.sampledRewards(), after.sampledRewards());
        Estimate greedy = Estimate.ofDifference(before.greedyRewards(), after.greedyRewards());
        return List.of(
                "",
                text(
                        sampled,
                        "Reinforcement changed the sampled reward by %+.4f, standard error %.4f: it "
                                + (sampled.isClearRise()
                                        ? "rose by more than two standard errors."
                                        : "did NOT rise by more than two standard errors.")),
                text(
                        greedy,
                        "It changed the greedy reward by %+.4f, standard error %.4f: it "
                                + (greedy.mean() < 0 ? "FELL." : "did not fall.")));
    }

    private List<String> samples() {
        String row = "  %-14s %-25s %-25s %-25s";
        List<Graded> first = before.sampled().get(0);
        List<Graded> second = after.sampled().get(0);
        Stream<String> rows = IntStream.range(0, Math.min(SAMPLES, first.size()))
                .mapToObj(i -> String.format(
                        row,
                        first.get(i).word().spelling(),
                        first.get(i).word().references().get(0),
                        marked(first.get(i)),
                        marked(second.get(i))));
        Stream<String> head = Stream.of(
                "",
                "Sampled replies to the first of them, with the same seed before and after (* right):",
                String.format(row, "word", "dictionary", "after supervised", "after reinforcement"));
        return Stream.concat(head, rows).map(String::stripTrailing).toList();
    }

    private static String marked(Graded reply) {
        return reply.reply() + (reply.right() ? " *" : "");
    }

    private static String row(String... cells) {
        return String.format("  %-21s %10s %20s %20s %20s", (Object[]) cells).stripTrailing();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    private static String text(Estimate estimate, String format) {
        return String.format(Locale.ROOT, format, estimate.mean(), estimate.standardError());
    }
}
