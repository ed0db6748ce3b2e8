package dev.rehearse.models;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much of the models may be in memory at once. Immutable.
 *
 * @param maxLoaded most models loaded at once
 * @param maxMemory most bytes that their weights, keys and values take together
 * @param loadWait how long a request waits for a model that is being loaded; then 503
 */
@ConfigurationProperties("rehearse.models")
public record ModelsProperties(
        @DefaultValue("4") int maxLoaded,
        @DefaultValue("8GB") DataSize maxMemory,
        @DefaultValue("20s") Duration loadWait) {
    public ModelsProperties {
        if (maxLoaded < 1) {
            throw new IllegalArgumentException("rehearse.models.max-loaded is " + maxLoaded + "; allowed: at least 1");
        }
        if (maxMemory.toBytes() < 1) {
            throw new IllegalArgumentException("rehearse.models.max-memory is " + maxMemory + "; allowed: above 0");
        }
        if (loadWait.isNegative()) {
            throw new IllegalArgumentException("rehearse.models.load-wait is " + loadWait + "; allowed: at least 0");
        }
    }
}
