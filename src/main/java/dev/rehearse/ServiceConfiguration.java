package dev.rehearse;

import dev.rehearse.completions.ModelAnswers;
import dev.rehearse.grading.GradeError;
import dev.rehearse.grading.GraderUnavailable;
import dev.rehearse.grading.Grading;
import dev.rehearse.grading.Services.SentenceEmbedding;
import dev.rehearse.jobs.Dialogues;
import dev.rehearse.jobs.JudgeModels;
import dev.rehearse.jobs.Training;
import dev.rehearse.networks.Device;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.text.SentenceEncoder;
import dev.rehearse.training.Example;
import dev.rehearse.training.Trainer;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** What the features share, and where the library meets the service. */
@Configuration(proxyBeanMethods = false)
class ServiceConfiguration {
    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    /** Opened by whoever needs it first: starting the engine takes seconds. */
    @Bean
    @Lazy
    Device device(@Value("${rehearse.device:cpu}") String name, MeterRegistry meters) {
        Device device = Device.open(name);
        for (Device.Priority priority : Device.Priority.values()) {
            FunctionTimer.builder(
                            "rehearse.device.work",
                            device,
                            on -> on.done(priority).pieces(),
                            on -> on.done(priority).time().toNanos(),
                            TimeUnit.NANOSECONDS)
                    .tag("priority", priority.name().toLowerCase(Locale.ROOT))
                    .register(meters);
        }
        return device;
    }

    @Bean
    @Lazy
    Trainer trainer(Device device, Grading grading) {
        return new Trainer(device, grading, System::nanoTime);
    }

    @Bean
    Training training(ObjectProvider<Trainer> trainer) {
        return (spec, control) -> trainer.getObject().run(spec, control);
    }

    @Bean
    SentenceEmbedding sentenceEmbedding() {
        return text -> {
            try {
                return SentenceEncoder.embed(text);
            } catch (
                    LinkageError
                            e) { // its native library cannot be loaded, for instance without a writable java.io.tmpdir
                throw new GraderUnavailable(GradeError.OTHER_ERROR, "the embedding model cannot be loaded: " + e);
            }
        };
    }

    @Bean
    JudgeModels judgeModels(ModelAnswers answers) {
        return timeout -> question -> JudgeAnswers.ask(answers, question, timeout);
    }

    @Bean
    Dialogues dialogues() {
        return turns -> new Example.Conversation.Chat(turns.stream()
                .map(turn -> new Message(Role.of(turn.role()), turn.content()))
                .toList());
    }
}
