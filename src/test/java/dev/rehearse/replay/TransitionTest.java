package dev.rehearse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransitionTest {
    private final ReplayRandom chance = new ReplayRandom(3);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, Transition.WHOLE_PATH})
    void eachActionSeesTheNextStepsOfItsOwnEpisode(int steps) {
        ReplayMemory memory = Episodes.memory(Episodes.settings(30, new Sampling.Uniform()));
        List<Episode> episodes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            episodes.add(Episodes.any(chance, 1_000, 0));
            memory.add(episodes.get(i));
        }
        Batch batch = new Batch(30);
        memory.draw(batch, 0, 0);
        for (int row = 0; row < 30; row++) {
            Episode episode = episodes.get((int) batch.handle(row).number());
            for (int position : actions(episode)) {
                assertSame(Transition.of(batch, row, position, steps), episode, steps);
            }
        }
    }

    private static void assertSame(Transition seen, Episode episode, int steps) {
        List<Integer> path = actions(episode).stream()
                .filter(t -> t >= seen.position())
                .limit(steps)
                .toList();
        double reward = 0;
        double discount = 1;
        for (int k = path.size() - 1; k >= 0; k--) { // from the end, as returns are usually written
            reward = episode.rewards()[path.get(k)] + episode.discounts()[path.get(k)] * reward;
            discount *= episode.discounts()[path.get(k)];
        }
        int last = path.get(path.size() - 1);
        int next = actions(episode).stream().filter(t -> t > last).findFirst().orElse(episode.length());
        assertThat(seen.next()).isEqualTo(next);
        assertThat(seen.reward()).isCloseTo(reward, within(1e-9));
        assertThat(seen.discount()).isCloseTo(discount, within(1e-9));
    }

    private static List<Integer> actions(Episode episode) {
        List<Integer> actions = new ArrayList<>();
        for (int t = 0; t < episode.length(); t++) {
            if (episode.actionMask()[t]) {
                actions.add(t);
            }
        }
        return actions;
    }

    @Test
    void aTruePathEndsAndACutOffOneGoesOn() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(1, new Sampling.Uniform()));
        float[] zeros = new float[3];
        boolean[] mask = {false, true, true};
        Batch batch = new Batch(1);
        for (float last : new float[] {0, 0.5f}) {
            float[] discounts = {1, 0.5f, last};
            memory.add(new Episode(new int[3], mask, new float[] {9, 1, 4}, discounts, zeros, zeros, 0, Source.ONLINE));
            memory.draw(batch, 0, 0);
            assertThat(Transition.of(batch, 0, 1, Transition.WHOLE_PATH))
                    .isEqualTo(new Transition(0, 1, 3, 1 + 0.5 * 4, 0.5 * last));
            assertThat(Transition.of(batch, 0, 1, 1)).isEqualTo(new Transition(0, 1, 2, 1, 0.5));
        }
    }

    @Test
    void refusesWhatIsNoAction() {
        ReplayMemory memory = Episodes.memory(Episodes.settings(1, new Sampling.Uniform()));
        memory.add(Episodes.small(1));
        Batch batch = new Batch(1);
        memory.draw(batch, 0, 0);
        assertThatThrownBy(() -> Transition.of(batch, 0, 0, 1)).hasMessage("position is 0, must be that of an action");
        assertThatThrownBy(() -> Transition.of(batch, 0, 2, 1)).hasMessageContaining("position is 2");
        assertThatThrownBy(() -> Transition.of(batch, 1, 1, 1)).hasMessage("row is 1, must be between 0 and 0");
        assertThatThrownBy(() -> Transition.of(batch, 0, 1, 0)).hasMessage("steps is 0, must be at least 1");
    }
}
