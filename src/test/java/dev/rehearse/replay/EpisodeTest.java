package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EpisodeTest {
    private final int[] tokens = {5, 6, 7};
    private final boolean[] mask = {false, true, true};
    private final float[] rewards = {0, 0, 1};
    private final float[] discounts = {1, 1, 0};
    private final float[] prior = {-9, -1, -2};
    private final float[] behaviour = {-9, -3, -4};

    private Episode episode() {
        return new Episode(tokens, mask, rewards, discounts, prior, behaviour, 3, Source.ONLINE);
    }

    @Test
    void keepsLogProbabilitiesAtActionsOnly() {
        assertThat(episode().priorLogProbs()).containsExactly(0, -1, -2);
        assertThat(episode().behaviourLogProbs()).containsExactly(0, -3, -4);
        assertThat(episode().actions()).isEqualTo(2);
    }

    @Test
    void doesNotSeeWhatHappensToTheArraysLater() {
        Episode episode = episode();
        tokens[1] = 99;
        rewards[2] = 99;
        mask[2] = false;
        assertThat(episode.tokens()).containsExactly(5, 6, 7);
        assertThat(episode.rewards()).containsExactly(0, 0, 1);
        assertThat(episode.actions()).isEqualTo(2);
    }

    @Test
    void refusesATokenBelowZero() {
        tokens[1] = -1;
        assertThatThrownBy(this::episode).hasMessage("tokens[1] is -1, must be at least 0");
    }

    @Test
    void refusesAnEpisodeWithoutAnAction() {
        mask[1] = false;
        mask[2] = false;
        assertThatThrownBy(this::episode).hasMessageContaining("actionMask has no action");
    }

    @Test
    void refusesAnActionThatHasNoState() {
        mask[0] = true;
        assertThatThrownBy(this::episode).hasMessageContaining("actionMask[0] is true");
    }

    @Test
    void refusesARewardThatIsNotFinite() {
        rewards[0] = Float.NaN;
        assertThatThrownBy(this::episode).hasMessage("rewards[0] is NaN, must be a finite number");
    }

    @Test
    void refusesADiscountAboveOne() {
        discounts[1] = 1.01f;
        assertThatThrownBy(this::episode).hasMessage("discounts[1] is 1.01, must be between 0 and 1");
    }

    @Test
    void refusesALogProbabilityAboveZeroAtAnAction() {
        prior[2] = 0.5f;
        assertThatThrownBy(this::episode).hasMessage("priorLogProbs[2] is 0.5, must be finite and at most 0");
    }

    @Test
    void doesNotCareForLogProbabilitiesElsewhere() {
        prior[0] = Float.NaN;
        assertThat(episode().priorLogProbs()[0]).isZero();
    }

    @Test
    void refusesColumnsOfAnotherLength() {
        assertThatThrownBy(() -> new Episode(tokens, mask, new float[2], discounts, prior, behaviour, 0, Source.ONLINE))
                .hasMessage("rewards has 2 entries, must have 3, one per token");
    }
}
