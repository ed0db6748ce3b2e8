package dev.rehearse.web;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where everything the service keeps is kept. Immutable.
 *
 * @param dataDir {@code rehearse.data-dir}, made absolute
 */
@ConfigurationProperties("rehearse")
public record DataDirectory(@DefaultValue("./data") Path dataDir) {
    public DataDirectory {
        dataDir = dataDir.toAbsolutePath().normalize();
    }
}
