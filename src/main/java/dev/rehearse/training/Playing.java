package dev.rehearse.training;

import dev.rehearse.generation.Generator;
import dev.rehearse.generation.Generator.Behaviour;
import dev.rehearse.networks.Decoding;
import dev.rehearse.training.Play.Outcome;
import dev.rehearse.training.Play.Task;
import java.util.List;

/** The behaviour policy at play. Confined to the run's thread. */
final class Playing implements AutoCloseable {
    private final Decoding decoding;
    private final Generator generator;
    private final Play play;

    Playing(NetworkCopies networks, RolloutPlan plan, Play play) {
        this.play = play;
        decoding = networks.policy().decodingBeside(networks.prior(), plan.slots(), plan.capacity());
        generator = plan.generator(decoding);
    }

    /** Chooses the replies, performs them and observes their rewards. */
    List<Outcome> play(List<Task> prompts, Behaviour behaviour, int step, int totalSteps) {
        play.at(step, totalSteps);
        return play.play(generator, prompts, behaviour);
    }

    Play play() {
        return play;
    }

    @Override
    public void close() {
        decoding.close();
    }
}
