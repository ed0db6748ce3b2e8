package dev.rehearse.generation;

import dev.rehearse.networks.Decoding.LogitEdits;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How often each token stands in a reply so far, and what that does to its next logits. Confined to one thread. */
final class TokenCounts {
    private final Penalties penalties;
    /** By token: times in the reply; 0 for tokens of the prompt and with a bias only. Empty when there is nothing to do. */
    private final Map<Integer, Integer> counts = new TreeMap<>();

    /** What the repetition penalty is for. */
    private final Set<Integer> repeated = new HashSet<>();

    TokenCounts(Penalties penalties, int[] prompt) {
        this.penalties = penalties;
        penalties.bias().keySet().forEach(token -> counts.put(token, 0));
        if (penalties.repetition() != 1) {
            for (int token : prompt) {
                counts.put(token, 0);
                repeated.add(token);
            }
        }
    }

    void add(int token) {
        boolean counted = penalties.presence() != 0 || penalties.frequency() != 0 || penalties.repetition() != 1;
        if (counted) {
            counts.merge(token, 1, Integer::sum);
            repeated.add(token);
        }
    }

    int size() {
        return counts.size();
    }

    /** Writes this reply's edits as those of {@code row}, from index {@code at} on; returns the index after them. */
    private int write(LogitEdits into, int row, int at) {
        int next = at;
        for (Map.Entry<Integer, Integer> entry : counts.entrySet()) {
            int token = entry.getKey();
            int count = entry.getValue();
            double shift = penalties.bias().getOrDefault(token, 0.0)
                    - (count > 0 ? penalties.presence() : 0)
                    - count * penalties.frequency();
            into.rows()[next] = row;
            into.tokens()[next] = token;
            into.repetition()[next] = repeated.contains(token) ? (float) penalties.repetition() : 1;
            into.shift()[next++] = (float) shift;
        }
        return next;
    }

    /** The edits of a batch, by row. */
    static LogitEdits edits(Map<Integer, TokenCounts> byRow) {
        Collection<TokenCounts> all = byRow.values();
        int size = all.stream().mapToInt(TokenCounts::size).sum();
        if (size == 0) {
            return LogitEdits.NONE;
        }
        LogitEdits edits = new LogitEdits(new int[size], new int[size], new float[size], new float[size]);
        int at = 0;
        for (Map.Entry<Integer, TokenCounts> row : byRow.entrySet()) {
            at = row.getValue().write(edits, row.getKey(), at);
        }
        return edits;
    }
}
