package dev.rehearse.webhooks;

import java.net.URI;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A server that wants to be told. Immutable. */
record Endpoint(EndpointId id, Wish wish, Signing signing, Instant createdAt, Instant updatedAt) {

    /** What its owner says of it. */
    record Wish(String name, URI url, Set<EventType> types) {
        Wish {
            types = Set.copyOf(types);
        }
    }

    /**
     * What its secrets are made from; without the key of {@link SigningSecrets} it tells nothing.
     *
     * @param hint how the current secret ends
     */
    record Signing(String salt, String hint, @Nullable Former former) {}

    /** The secret before, which signs as well until then. */
    record Former(String salt, Instant until) {}
}
