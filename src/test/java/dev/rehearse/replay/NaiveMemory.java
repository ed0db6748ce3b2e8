package dev.rehearse.replay;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/** What ReplayMemory should do, with a list of episodes, linear scans and no reuse of anything. */
final class NaiveMemory {
    static final class Held {
        final long number;
        final Episode episode;
        double weight;
        int timesDrawn;

        Held(long number, Episode episode) {
            this.number = number;
            this.episode = episode;
        }

        boolean shown() {
            return episode.source() != Source.ONLINE;
        }
    }

    record Drawn(Held held, double rawWeight) {}

    private final ReplaySettings settings;
    private final ReplayRandom random;
    final Deque<Held> held = new ArrayDeque<>();
    private long next;
    private double largest = 1;
    private int version;
    long late;

    NaiveMemory(ReplaySettings settings, ReplayRandom random) {
        this.settings = settings;
        this.random = random;
    }

    void add(Episode episode, long bytes, long capacity) {
        Held newcomer = new Held(next++, episode);
        while (held.size() == settings.bounds().maxEpisodes()
                || transitions() + episode.actions() > settings.bounds().maxTransitions()
                || contentBytes() + bytes > capacity) {
            held.removeFirst();
        }
        newcomer.weight = stale(newcomer) ? 0 : largest;
        held.addLast(newcomer);
    }

    long transitions() {
        return held.stream().mapToLong(h -> h.episode.actions()).sum();
    }

    long contentBytes() {
        return held.stream()
                .mapToLong(h -> 4L * new EpisodePacker(new EpisodeLayout(settings.vocabularySize())).pack(h.episode))
                .sum();
    }

    List<Drawn> draw(int rows, int now, double beta) {
        version = now;
        held.stream().filter(this::stale).forEach(h -> h.weight = 0);
        boolean online = held.stream().anyMatch(h -> !h.shown() && h.weight > 0);
        boolean shown = held.stream().anyMatch(h -> h.shown() && h.weight > 0);
        int shownRows = !shown ? 0 : !online ? rows : (int) Math.round(rows * settings.demonstrationShare());
        List<Drawn> drawn = new ArrayList<>();
        drawKind(false, rows - shownRows, beta, drawn);
        drawKind(true, shownRows, beta, drawn);
        return drawn;
    }

    private void drawKind(boolean shown, int rows, double beta, List<Drawn> drawn) {
        for (int row = 0; row < rows; row++) {
            List<Held> bySlot = held.stream()
                    .filter(h -> h.shown() == shown && h.weight > 0)
                    .sorted(Comparator.comparingLong(
                            h -> h.number % settings.bounds().maxEpisodes()))
                    .toList();
            if (bySlot.isEmpty()) {
                return;
            }
            double total = bySlot.stream().mapToDouble(h -> h.weight).sum();
            double rest = (row + random.nextDouble()) / rows * total;
            int at = 0;
            while (at < bySlot.size() - 1 && rest >= bySlot.get(at).weight) {
                rest -= bySlot.get(at++).weight;
            }
            Held chosen = bySlot.get(at);
            drawn.add(new Drawn(chosen, Math.pow(bySlot.size() * chosen.weight / total, -beta)));
            if (++chosen.timesDrawn >= settings.reuse().maxTimesSampled()) {
                chosen.weight = 0;
            }
        }
    }

    void update(long number, double error) {
        Held target = held.stream().filter(h -> h.number == number).findFirst().orElse(null);
        if (target == null) {
            late++;
        } else if (target.weight > 0) {
            target.weight = settings.sampling() instanceof Sampling.Prioritized prioritized
                    ? Math.pow(Math.max(error, 1e-6), prioritized.alpha())
                    : 1;
            largest = Math.max(largest, target.weight);
        }
    }

    private boolean stale(Held h) {
        return !h.shown()
                && version - h.episode.policyVersion() > settings.reuse().maxAge();
    }
}
