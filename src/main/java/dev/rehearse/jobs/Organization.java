package dev.rehearse.jobs;

import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Whose service this is. Immutable.
 *
 * @param organization stands in the names of the models made here
 */
@ConfigurationProperties("rehearse")
record Organization(@DefaultValue("local") String organization) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    Organization {
        if (!NAME.matcher(organization).matches()) {
            throw new IllegalArgumentException(
                    "rehearse.organization is '" + organization + "'; allowed: " + NAME.pattern());
        }
    }

    /** {@code ft:{base}:{organization}:{suffix}:{tail of the job's id}}; a tuned base gives only its own base's name. */
    String modelName(Job job) {
        String model = job.request().model();
        String base = model.startsWith("ft:") ? model.split(":", 3)[1] : model;
        String suffix = job.request().labels().suffix();
        return "ft:" + base + ':' + organization + ':' + (suffix == null ? "" : suffix) + ':'
                + job.id().tail();
    }
}
