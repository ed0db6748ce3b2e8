package dev.rehearse;

import java.nio.file.Path;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RehearseApplication {
    private static final String DATA_DIR = "rehearse.data-dir";

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(RehearseApplication.class);
        application.addInitializers(context -> makeDataDirAbsolute(context.getEnvironment()));
        application.run(arguments);
    }

    /** The embedded database, which lies there, takes no path such as {@code data} or {@code ../data}. */
    private static void makeDataDirAbsolute(ConfigurableEnvironment environment) {
        String given = environment.getProperty(DATA_DIR);
        if (given != null) {
            String absolute = Path.of(given).toAbsolutePath().normalize().toString();
            environment.getPropertySources().addFirst(new MapPropertySource("absolute", Map.of(DATA_DIR, absolute)));
        }
    }
}
