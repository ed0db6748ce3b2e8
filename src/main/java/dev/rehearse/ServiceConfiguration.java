package dev.rehearse;

import dev.rehearse.jobs.Dialogues;
import dev.rehearse.jobs.Training;
import dev.rehearse.text.Message;
import dev.rehearse.text.Role;
import dev.rehearse.training.Example;
import dev.rehearse.training.Trainer;
import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the features share, and where the library meets the service. */
@Configuration(proxyBeanMethods = false)
class ServiceConfiguration {
    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    @ConditionalOnMissingBean
    Training training() {
        return new Trainer()::run;
    }

    @Bean
    Dialogues dialogues() {
        return turns -> new Example.Conversation.Chat(turns.stream()
                .map(turn -> new Message(Role.of(turn.role()), turn.content()))
                .toList());
    }
}
