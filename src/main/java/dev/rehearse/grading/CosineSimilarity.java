package dev.rehearse.grading;

import java.util.List;

/**
 * How close input and reference are in meaning: the cosine between their sentence embeddings, in [0, 1], where a negative
 * cosine is 0 (Reimers and Gurevych, "Sentence-BERT", 2019, section 3).
 *
 * <p>Immutable.
 */
public record CosineSimilarity(String name, Template input, Template reference) implements Grader {
    /** Its {@code evaluation_metric} on the wire. */
    public static final String METRIC = "cosine";

    @Override
    public String type() {
        return "text_similarity";
    }

    @Override
    public List<Grade> grade(List<Subject> subjects, Services services) {
        return Single.grade(this, subjects, services, subject -> {
            float[] text = services.embedding().embed(input.render(subject.item(), subject.sample()));
            float[] other = services.embedding().embed(reference.render(subject.item(), subject.sample()));
            return Verdict.of(Math.max(0, Math.min(1, cosine(text, other))));
        });
    }

    /** 0 where either vector is zero. */
    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            squaresOfA += (double) a[i] * a[i];
            squaresOfB += (double) b[i] * b[i];
        }
        double norms = Math.sqrt(squaresOfA * squaresOfB);
        return norms == 0 ? 0 : dot / norms;
    }
}
