package dev.rehearse.grading;

import dev.rehearse.grading.Verdict.Judge;
import java.util.ArrayList;
import java.util.List;

/** How a grader that has no others inside grades: reply by reply, by the clock. Stateless. */
final class Single {
    private Single() {}

    static List<Grade> grade(Grader grader, List<Subject> subjects, Services services, Judge judge) {
        List<Grade> grades = new ArrayList<>(subjects.size());
        for (Subject subject : subjects) {
            long begin = services.nanoTime().getAsLong();
            Verdict verdict = Verdict.by(judge, subject);
            grades.add(grade(grader, verdict, services.nanoTime().getAsLong() - begin));
        }
        return grades;
    }

    static Grade grade(Grader grader, Verdict verdict, long nanos) {
        return Grade.of(new GraderCall(
                grader.name(), grader.type(), verdict.score(), verdict.failure(), nanos, verdict.tokens()));
    }
}
