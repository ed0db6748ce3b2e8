package dev.rehearse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.util.FileSystemUtils;

/** The whole service over HTTP with its own database and a training that tests write; one for all tests. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "rehearse.files.max-size=1MB",
            "rehearse.jobs.max-queued=3",
            "rehearse.jobs.poll=50ms",
            "rehearse.jobs.heartbeat=500ms",
            "rehearse.jobs.streams.most=4",
            "rehearse.jobs.streams.poll=20ms",
            "rehearse.jobs.streams.ping=200ms",
            "rehearse.jobs.streams.patience=2s"
        })
@Import({ScriptedTraining.class, NoModels.class})
@ContextConfiguration(initializers = ServiceTest.OwnFolder.class)
public @interface ServiceTest {
    final class OwnFolder implements ApplicationContextInitializer<ConfigurableApplicationContext> {
        @Override
        public void initialize(ConfigurableApplicationContext context) {
            Path folder = temporary();
            TestPropertyValues.of("rehearse.data-dir=" + folder).applyTo(context);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        }

        private static Path temporary() {
            try {
                return Files.createTempDirectory("rehearse");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void delete(Path folder) {
            try {
                FileSystemUtils.deleteRecursively(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
