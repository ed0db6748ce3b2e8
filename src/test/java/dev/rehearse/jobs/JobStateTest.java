package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.jobs.JobState.Move;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobStateTest {
    private static final Set<JobState> FINAL = EnumSet.of(JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED);

    @Test
    void aJobThatGoesWellPassesEveryState() {
        assertThat(JobState.VALIDATING_FILES.after(Move.ACCEPT)).isEqualTo(JobState.QUEUED);
        assertThat(JobState.QUEUED.after(Move.START)).isEqualTo(JobState.RUNNING);
        assertThat(JobState.RUNNING.after(Move.SUCCEED)).isEqualTo(JobState.SUCCEEDED);
    }

    @Test
    void aDeadProcessPutsOnlyARunningJobBack() {
        assertThat(JobState.RUNNING.after(Move.PUT_BACK)).isEqualTo(JobState.QUEUED);
        assertThat(JobState.VALIDATING_FILES.after(Move.PUT_BACK)).isNull();
        assertThat(JobState.QUEUED.after(Move.PUT_BACK)).isNull();
    }

    @Test
    void onlyARunningJobSucceedsAlsoWhenItWasAskedToPause() {
        Set<JobState> running = EnumSet.of(JobState.RUNNING, JobState.PAUSING);
        for (JobState state : JobState.values()) {
            assertThat(state.after(Move.SUCCEED) != null).as("%s", state).isEqualTo(running.contains(state));
        }
    }

    @Test
    void aJobThatWaitsIsPausedAtOnceAndOneThatRunsWhenItsStateIsSaved() {
        assertThat(JobState.VALIDATING_FILES.after(Move.PAUSE)).isEqualTo(JobState.PAUSED);
        assertThat(JobState.QUEUED.after(Move.PAUSE)).isEqualTo(JobState.PAUSED);
        assertThat(JobState.RUNNING.after(Move.PAUSE)).isEqualTo(JobState.PAUSING);
        assertThat(JobState.PAUSING.wireName()).isEqualTo("running");
        assertThat(JobState.PAUSING.after(Move.PUT_BACK)).isEqualTo(JobState.PAUSED);
    }

    @Test
    void onlyAPausedJobResumesAndItWaitsAgain() {
        for (JobState state : JobState.values()) {
            assertThat(state.after(Move.RESUME)).isEqualTo(state == JobState.PAUSED ? JobState.QUEUED : null);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyStateIsFinalOrCanBeCancelledAndFail(JobState state) {
        assertThat(state.isFinal()).isEqualTo(FINAL.contains(state));
        if (!state.isFinal()) {
            assertThat(state.after(Move.CANCEL)).isEqualTo(JobState.CANCELLED);
            assertThat(state.after(Move.FAIL)).isEqualTo(JobState.FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingHappensToAnEndedJob(Move move) {
        for (JobState state : FINAL) {
            assertThat(state.after(move)).isNull();
        }
    }
}
