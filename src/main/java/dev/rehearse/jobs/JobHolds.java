package dev.rehearse.jobs;

import dev.rehearse.files.FileHold;
import dev.rehearse.models.ModelHold;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** What a job that has not ended keeps from being deleted; asked before the cache, which lets go of idle models. */
@Configuration(proxyBeanMethods = false)
class JobHolds {
    @Bean
    FileHold jobsReadFiles(JobStore store) {
        return file -> store.readerOf(file.value()).map(job -> "job " + job + " reads it; cancel the job first");
    }

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    ModelHold jobsStartFromModels(JobStore store) {
        return model -> store.starterFrom(model).map(job -> "job " + job + " starts from it; cancel the job first");
    }

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    ModelHold jobsAreGradedByModels(JobStore store) {
        return model -> store.live().stream()
                .filter(job -> job.request().method().graderModels().contains(model))
                .findFirst()
                .map(job -> "job " + job.id() + " is graded by it; cancel the job first");
    }
}
