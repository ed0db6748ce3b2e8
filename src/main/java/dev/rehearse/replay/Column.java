package dev.rehearse.replay;

/** What is remembered of each position of an episode, in the order in which it is packed. */
public enum Column {
    TOKENS,
    ACTION_MASK,
    REWARDS,
    DISCOUNTS,
    PRIOR_LOG_PROBS,
    BEHAVIOUR_LOG_PROBS
}
