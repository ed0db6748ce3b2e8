package dev.rehearse;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RehearseApplication {
    private static final String RELATIVE_PATHS_OF_H2 = "h2.implicitRelativePath";

    public static void main(String[] arguments) {
        System.setProperty(RELATIVE_PATHS_OF_H2, "true"); // so that rehearse.data-dir may be just a name
        SpringApplication.run(RehearseApplication.class, arguments);
    }
}
