package dev.rehearse.replay;

/**
 * One prompt and its reply, or one dialogue: the unit that is remembered. Position t is the token at index t; its state
 * is the tokens before it, and its reward and discount are those of the transition that token makes.
 *
 * <p>All arrays are (T), T = the number of tokens, and are copied on construction; what the accessors return must not be
 * changed. Immutable otherwise.
 *
 * @param tokens prompt and reply, ids from 0
 * @param actionMask true where the token was an action: learn here. At least one is; the first token never is, as no
 *     state comes before it
 * @param rewards finite, anywhere
 * @param discounts in [0, 1]: gamma, or 0 at a true end. An episode whose last discount is above 0 was truncated: it
 *     bootstraps
 * @param priorLogProbs log π₀ of the token, in nats; read at actions only, set to 0 elsewhere
 * @param behaviourLogProbs log-probability of the token under what chose it; as above
 * @param policyVersion the version of the policy that chose the actions, from 0
 */
public record Episode(
        int[] tokens,
        boolean[] actionMask,
        float[] rewards,
        float[] discounts,
        float[] priorLogProbs,
        float[] behaviourLogProbs,
        int policyVersion,
        Source source) {

    /** A log-probability may exceed 0 by this much: the rounding of a log-softmax in f32. */
    private static final float ROUNDING = 1e-3f;

    public Episode {
        tokens = tokens.clone();
        actionMask = actionMask.clone();
        rewards = rewards.clone();
        discounts = discounts.clone();
        checkLength("actionMask", actionMask.length, tokens.length);
        checkLength("rewards", rewards.length, tokens.length);
        checkLength("discounts", discounts.length, tokens.length);
        checkTokens(tokens);
        checkMask(actionMask);
        for (int t = 0; t < tokens.length; t++) {
            check("rewards", t, rewards[t], Float.isFinite(rewards[t]), "a finite number");
            check("discounts", t, discounts[t], discounts[t] >= 0 && discounts[t] <= 1, "between 0 and 1");
        }
        priorLogProbs = atActions("priorLogProbs", priorLogProbs, actionMask);
        behaviourLogProbs = atActions("behaviourLogProbs", behaviourLogProbs, actionMask);
        if (policyVersion < 0) {
            throw new IllegalArgumentException("policyVersion is " + policyVersion + ", must be at least 0");
        }
    }

    /** T, prompt and reply together. */
    public int length() {
        return tokens.length;
    }

    /** How many of the tokens are actions: the transitions this episode holds. */
    public int actions() {
        int actions = 0;
        for (boolean action : actionMask) {
            actions += action ? 1 : 0;
        }
        return actions;
    }

    private static void checkTokens(int[] tokens) {
        for (int t = 0; t < tokens.length; t++) {
            check("tokens", t, tokens[t], tokens[t] >= 0, "at least 0");
        }
    }

    private static void checkMask(boolean[] actionMask) {
        boolean any = false;
        for (boolean action : actionMask) {
            any |= action;
        }
        if (!any) {
            throw new IllegalArgumentException("actionMask has no action, must have at least one");
        }
        if (actionMask[0]) {
            throw new IllegalArgumentException("actionMask[0] is true, must be false: no state comes before it");
        }
    }

    private static float[] atActions(String name, float[] logProbs, boolean[] actionMask) {
        checkLength(name, logProbs.length, actionMask.length);
        float[] kept = new float[logProbs.length];
        for (int t = 0; t < kept.length; t++) {
            if (actionMask[t]) {
                boolean valid = Float.isFinite(logProbs[t]) && logProbs[t] <= ROUNDING;
                check(name, t, logProbs[t], valid, "finite and at most 0");
                kept[t] = logProbs[t];
            }
        }
        return kept;
    }

    private static void checkLength(String name, int length, int tokens) {
        if (length != tokens) {
            throw new IllegalArgumentException(
                    name + " has " + length + " entries, must have " + tokens + ", one per token");
        }
    }

    private static void check(String name, int position, Number value, boolean valid, String allowed) {
        if (!valid) {
            throw new IllegalArgumentException(name + "[" + position + "] is " + value + ", must be " + allowed);
        }
    }
}
