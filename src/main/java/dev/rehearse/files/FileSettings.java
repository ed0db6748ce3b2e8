package dev.rehearse.files;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The settings of uploads. Immutable.
 *
 * @param maxSize the largest file that is taken; a larger one gets 413
 */
@ConfigurationProperties("rehearse.files")
record FileSettings(@DefaultValue("512MB") DataSize maxSize) {
    FileSettings {
        if (maxSize.toBytes() < 1) {
            throw new IllegalArgumentException("rehearse.files.max-size is " + maxSize + "; allowed: at least 1B");
        }
    }
}
