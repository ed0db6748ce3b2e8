package dev.rehearse.jobs;

import dev.rehearse.training.Metric;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a job has used, all its attempts together. Immutable.
 *
 * @param trainedTokens action tokens learned from, repeats counted
 * @param rolloutTokens of replies that were played, in training and in evaluations
 * @param graderCalls judgements of one reply by one grader
 * @param graderTokens that grading models read and wrote
 * @param seconds in which it ran
 */
record Usage(long trainedTokens, long rolloutTokens, long graderCalls, long graderTokens, double seconds) {
    static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    /** Reads what {@link #json} wrote. */
    static Usage ofJson(Map<String, Object> json) {
        return new Usage(
                whole(json, "train_tokens"),
                whole(json, "rollout_tokens"),
                whole(json, "grader_calls"),
                whole(json, "grader_tokens"),
                json.get("seconds") instanceof Number seconds ? seconds.doubleValue() : 0);
    }

    /** With the replies of one more round, and what it took to judge them. */
    Usage plus(long replyTokens, long calls, long tokensOfGraders) {
        return new Usage(
                trainedTokens,
                rolloutTokens + replyTokens,
                graderCalls + calls,
                graderTokens + tokensOfGraders,
                seconds);
    }

    /** Of an attempt that has these numbers and has run so long, this being what was used before it. */
    Usage after(Map<String, Double> numbers, Duration ran) {
        Double trained = Metric.TRAINED_TOKENS.in(numbers);
        return new Usage(
                trained == null ? trainedTokens : trained.longValue(),
                rolloutTokens,
                graderCalls,
                graderTokens,
                seconds + ran.toMillis() / 1e3);
    }

    private static long whole(Map<String, Object> json, String name) {
        return json.get(name) instanceof Number number ? number.longValue() : 0;
    }

    /** As it is stored, and as clients read it. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("train_tokens", trainedTokens);
        json.put("rollout_tokens", rolloutTokens);
        json.put("grader_calls", graderCalls);
        json.put("grader_tokens", graderTokens);
        json.put("seconds", seconds);
        return json;
    }
}
