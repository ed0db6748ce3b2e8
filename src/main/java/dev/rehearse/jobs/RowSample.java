package dev.rehearse.jobs;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of a file of any size: all of them, or every second, fourth, … once there are too many to keep. Confined to one
 * thread.
 */
final class RowSample<T> {
    private final int mostRows;
    private final long mostCharacters;
    private List<Kept<T>> kept = new ArrayList<>();
    private long characters;
    private long seen;
    private long stride = 1;

    private record Kept<T>(T row, int characters) {}

    RowSample(int mostRows, long mostCharacters) {
        this.mostRows = mostRows;
        this.mostCharacters = mostCharacters;
    }

    void add(T row, int size) {
        if (seen++ % stride == 0) {
            kept.add(new Kept<>(row, size));
            characters += size;
        }
        while (kept.size() > mostRows || (characters > mostCharacters && kept.size() > 1)) {
            thinOut();
        }
    }

    private void thinOut() {
        stride *= 2;
        List<Kept<T>> half = new ArrayList<>();
        for (int i = 0; i < kept.size(); i += 2) {
            half.add(kept.get(i));
        }
        kept = half;
        characters = half.stream().mapToLong(Kept::characters).sum();
    }

    List<T> rows() {
        return kept.stream().map(Kept::row).toList();
    }

    /** How many rows there are, in the sample or not. */
    long seen() {
        return seen;
    }

    boolean isComplete() {
        return stride == 1;
    }
}
