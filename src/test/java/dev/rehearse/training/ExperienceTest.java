package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.rehearse.generation.FinishReason;
import dev.rehearse.generation.Reply;
import dev.rehearse.grading.Grade;
import dev.rehearse.networks.TokenBatch;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.replay.Episode;
import dev.rehearse.replay.Source;
import dev.rehearse.training.Play.Outcome;
import dev.rehearse.training.Play.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperienceTest {
    private static final double GAMMA = 0.5;

    @TempDir
    Path directory;

    private StartingModel model;
    private TorchNetwork prior;

    @BeforeEach
    void open() throws IOException {
        model = TinyModel.open(TinyModel.write(directory, "abcd"));
        prior = model.network();
    }

    @AfterEach
    void close() {
        model.close();
    }

    private static Outcome outcome(int[] prompt, int[] reply, FinishReason reason) {
        float[] behaviour = new float[reply.length];
        for (int i = 0; i < reply.length; i++) {
            behaviour[i] = -0.25f * (i + 1);
        }
        return new Outcome(
                new Task(prompt, TinyModel.question(1, "a", "b")),
                new Reply(reply, behaviour, reason),
                "text",
                new Grade(0.75, Map.of(), Set.of()));
    }

    private Episode episode(FinishReason reason) {
        return Experience.episodes(List.of(outcome(new int[] {6, 7, 8}, new int[] {9, 2}, reason)), prior, GAMMA, 17)
                .get(0);
    }

    @Test
    void promptAndReplyFollowEachOtherAndOnlyTheReplyIsLearned() {
        Episode episode = episode(FinishReason.STOP);
        assertThat(episode.tokens()).containsExactly(6, 7, 8, 9, 2);
        assertThat(episode.actionMask()).containsExactly(false, false, false, true, true);
        assertThat(episode.policyVersion()).isEqualTo(17);
        assertThat(episode.source()).isEqualTo(Source.ONLINE);
    }

    @Test
    void theGradeIsTheRewardOfTheLastTokenAlone() {
        assertThat(episode(FinishReason.STOP).rewards()).containsExactly(0, 0, 0, 0, 0.75f);
    }

    @Test
    void aReplyThatEndedHasNothingBehindIt() {
        assertThat(episode(FinishReason.STOP).discounts()[3]).isEqualTo(0.5f);
        assertThat(episode(FinishReason.STOP).discounts()[4]).isZero();
    }

    @Test
    void aReplyThatWasCutOffIsPaidOnceByItsGradeAndDoesNotBootstrap() {
        assertThat(episode(FinishReason.LENGTH).discounts()[3]).isEqualTo(0.5f);
        assertThat(episode(FinishReason.LENGTH).discounts()[4]).isZero();
    }

    @Test
    void thePriorsLogProbabilityStandsAtEachReplyToken() {
        float[] expected = prior.read(new TokenBatch(new int[][] {{6, 7, 8, 9, 2}}, new int[][] {{3, 4}}))
                .logProbs()[0];
        assertThat(episode(FinishReason.STOP).priorLogProbs())
                .containsExactly(new float[] {0, 0, 0, expected[0], expected[1]}, within(1e-5f));
    }

    @Test
    void theBehavioursLogProbabilityStandsAtEachReplyToken() {
        assertThat(episode(FinishReason.STOP).behaviourLogProbs()).containsExactly(0, 0, 0, -0.25f, -0.5f);
    }

    @Test
    void outcomesOfDifferentLengthsKeepTheirOrder() {
        List<Episode> episodes = Experience.episodes(
                List.of(
                        outcome(new int[] {6}, new int[] {9, 9, 2}, FinishReason.STOP),
                        outcome(new int[] {6, 7, 8}, new int[] {2}, FinishReason.STOP)),
                prior,
                GAMMA,
                0);
        assertThat(episodes.get(0).tokens()).containsExactly(6, 9, 9, 2);
        assertThat(episodes.get(1).actionMask()).containsExactly(false, false, false, true);
    }
}
