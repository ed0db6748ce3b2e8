package dev.rehearse.models;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A name that jobs can start from or, unless it is a blueprint, that replies can be asked of. Immutable.
 *
 * @param id never contains {@code /}: clients percent-encode it in paths and servers refuse that
 * @param parent the model this one was tuned from; null unless {@link Kind#TUNED}
 * @param directory a Hugging Face model directory; null for a blueprint, which has no weights yet
 * @param contextLength tokens of prompt and reply together; null when the directory does not say
 */
public record Model(
        String id,
        Instant createdAt,
        String ownedBy,
        @Nullable String parent,
        Kind kind,
        @Nullable Path directory,
        @Nullable Integer contextLength) {
    /** Who the models that come with the service or lie on its disk belong to. */
    static final String OWNER = "rehearse";

    /** Where a model comes from. */
    public enum Kind {
        /** A shape without weights: a job makes a fresh network of it. */
        BLUEPRINT,
        /** A directory somebody put under the models folder. */
        BASE,
        /** What a job made. */
        TUNED
    }

    public Model {
        if (!isName(id)) {
            throw new IllegalArgumentException("model id '" + id
                    + "'; allowed: 1 to 255 characters, no leading dot, no slash, no control character");
        }
        if ((kind == Kind.BLUEPRINT) != (directory == null)) {
            throw new IllegalArgumentException(
                    "model " + id + " is " + kind + " with directory " + directory + "; only a blueprint has none");
        }
        if (contextLength != null && contextLength < 1) {
            throw new IllegalArgumentException("context length " + contextLength + "; allowed: at least 1");
        }
    }

    /** Whether a model could have this id: fit for a path, a folder and a database column. */
    static boolean isName(String id) {
        return !id.isBlank()
                && id.length() <= 255
                && !id.startsWith(".")
                && id.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))
                && StandardCharsets.UTF_8.newEncoder().canEncode(id);
    }

    /** A model made by a job. */
    public static Model tuned(String id, Instant createdAt, String ownedBy, @Nullable String parent, Path directory) {
        Path absolute = directory.toAbsolutePath().normalize();
        return new Model(id, createdAt, ownedBy, parent, Kind.TUNED, absolute, ModelDirectory.contextLength(absolute));
    }

    /** The directory of a model that has one. */
    public Path requireDirectory() {
        return Objects.requireNonNull(directory, () -> "model " + id + " is a blueprint and has no directory");
    }

    /** Changes whenever the weights behind the id may have changed. */
    public String version() {
        String name = id + '@' + createdAt.toEpochMilli();
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8))
                .toString()
                .replace("-", "")
                .substring(0, 12);
    }
}
