package dev.rehearse.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.Api;
import dev.rehearse.NoModels;
import dev.rehearse.RehearseApplication;
import dev.rehearse.ScriptedTraining;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

class RestartTest {
    private static final String JOBS = "/v1/fine_tuning/jobs/";

    @TempDir
    Path data;

    @Test
    void aStoppedServiceFinishesItsJobsWhenItIsBackAndLetsPausedOnesRest() {
        aStoppedServiceFinishesItsJobsWhenItIsBack(List.of());
    }

    @Test
    void soItDoesOnPostgres() throws IOException {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            aStoppedServiceFinishesItsJobsWhenItIsBack(
                    List.of("--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres")));
        }
    }

    private void aStoppedServiceFinishesItsJobsWhenItIsBack(List<String> settings) {
        String running;
        String waiting;
        String paused;
        try (ConfigurableApplicationContext service = start(settings)) {
            ScriptedTraining.Held held = service.getBean(ScriptedTraining.class).hold(1);
            Api api = api(service);
            String file = api.trainingFile();
            ScriptedTraining.Held resting =
                    service.getBean(ScriptedTraining.class).hold(3);
            paused = api.createJob(file, 3).id();
            resting.awaitEntered();
            api.post(JOBS + paused + "/pause", "");
            running = api.createJob(file, 1).id();
            held.awaitEntered();
            waiting = api.createJob(file, 2).id();
            api.awaitStatus(waiting, "queued");
        }
        try (ConfigurableApplicationContext service = start(settings)) {
            Api api = api(service);
            for (String job : List.of(running, waiting)) {
                String model = api.awaitStatus(job, "succeeded")
                        .path("fine_tuned_model")
                        .asString("");
                assertThat(model).startsWith("ft:gpt2-tiny:local::");
            }
            assertThat(messages(api, running))
                    .containsSubsequence(
                            "Fine-tuning job started", "The service is stopping; the job goes on when it is back")
                    .filteredOn("Fine-tuning job started"::equals)
                    .hasSize(2);
            assertThat(messages(api, waiting))
                    .filteredOn("Fine-tuning job started"::equals)
                    .hasSize(1);
            assertThat(api.job(paused).path("status").asString("")).isEqualTo("paused");
            api.post(JOBS + paused + "/resume", "");
            api.awaitStatus(paused, "succeeded");
        }
    }

    private static List<String> messages(Api api, String job) {
        List<String> messages = new ArrayList<>();
        JsonNode events = api.get(JOBS + job + "/events?limit=1000").body().path("data");
        for (int i = events.size() - 1; i >= 0; i--) {
            messages.add(events.get(i).path("message").asString(""));
        }
        return messages;
    }

    private ConfigurableApplicationContext start(List<String> settings) {
        List<String> arguments = new ArrayList<>(settings);
        arguments.add("--server.port=0");
        arguments.add("--rehearse.data-dir=" + data);
        arguments.add("--rehearse.jobs.poll=50ms");
        return new SpringApplicationBuilder(RehearseApplication.class, ScriptedTraining.class, NoModels.class)
                .run(arguments.toArray(String[]::new));
    }

    private static Api api(ConfigurableApplicationContext service) {
        return new Api(
                ((ServletWebServerApplicationContext) service).getWebServer().getPort());
    }
}
