package dev.rehearse.endtoend;

import dev.rehearse.RehearseApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;

/** The service as it is delivered, in this process: real engine, database in the test's folder, random port. */
final class RunningService implements AutoCloseable {
    private final ConfigurableApplicationContext context;
    final Client client;

    private RunningService(ConfigurableApplicationContext context) {
        this.context = context;
        this.client = new Client(port());
    }

    static RunningService start(Path data, String... settings) {
        List<String> arguments = new ArrayList<>(Arrays.asList(settings));
        arguments.add("--server.port=0");
        arguments.add("--rehearse.data-dir=" + data);
        arguments.add("--rehearse.jobs.poll=100ms");
        return new RunningService(new SpringApplicationBuilder(RehearseApplication.class)
                .initializers(fresh -> fresh.getBeanFactory().registerSingleton("noTests", new NoTests()))
                .run(arguments.toArray(String[]::new)));
    }

    int port() {
        return ((ServletWebServerApplicationContext) context).getWebServer().getPort();
    }

    @Override
    public void close() {
        client.close();
        context.close();
    }

    /** Keeps configurations of other tests, which lie in packages of the service, out of it. */
    private static final class NoTests extends TypeExcludeFilter {
        @Override
        public boolean match(MetadataReader candidate, MetadataReaderFactory factory) throws IOException {
            return candidate.getResource().getURI().toString().contains("/test-classes/");
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof NoTests;
        }

        @Override
        public int hashCode() {
            return NoTests.class.hashCode();
        }
    }
}
