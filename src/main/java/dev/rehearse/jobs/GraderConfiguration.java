package dev.rehearse.jobs;

import dev.rehearse.grading.Grading;
import dev.rehearse.grading.RewardClient;
import dev.rehearse.grading.Services;
import dev.rehearse.grading.Services.SentenceEmbedding;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What graders use, and who hears of what they do. */
@Configuration(proxyBeanMethods = false)
class GraderConfiguration {
    @Bean
    Grading grading(GraderSettings settings, SentenceEmbedding embedding, JudgeModels models, MeterRegistry meters) {
        Services services = new Services(
                embedding,
                models.within(settings.modelTimeout()),
                new RewardClient(settings.http().limits()),
                System::nanoTime);
        return new Grading(services, settings.limits(), new GraderMeters(meters));
    }
}
