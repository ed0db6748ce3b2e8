package dev.rehearse;

import dev.rehearse.web.DataDirectory;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RehearseApplication {
    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(RehearseApplication.class);
        application.addInitializers(context -> makeDataDirAbsolute(context.getEnvironment()));
        application.run(arguments);
    }

    /** The embedded database, which lies there, takes no path such as {@code data} or {@code ../data}. */
    private static void makeDataDirAbsolute(ConfigurableEnvironment environment) {
        DataDirectory given = Binder.get(environment).bindOrCreate("rehearse", DataDirectory.class);
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "absolute", Map.of("rehearse.data-dir", given.dataDir().toString())));
    }
}
