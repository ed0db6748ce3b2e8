package dev.rehearse;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RehearseApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(RehearseApplication.class, arguments);
    }
}
