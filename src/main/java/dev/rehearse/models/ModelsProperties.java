package dev.rehearse.models;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much of the models may be in memory at once. Immutable.
 *
 * @param maxLoaded most models loaded at once
 * @param maxMemory most bytes their weights take together
 */
@ConfigurationProperties("rehearse.models")
public record ModelsProperties(
        @DefaultValue("4") int maxLoaded,
        @DefaultValue("4GB") DataSize maxMemory) {
    public ModelsProperties {
        if (maxLoaded < 1) {
            throw new IllegalArgumentException("rehearse.models.max-loaded is " + maxLoaded + "; allowed: at least 1");
        }
        if (maxMemory.toBytes() < 1) {
            throw new IllegalArgumentException("rehearse.models.max-memory is " + maxMemory + "; allowed: above 0");
        }
    }
}
