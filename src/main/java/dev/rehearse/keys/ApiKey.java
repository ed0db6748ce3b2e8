package dev.rehearse.keys;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is kept. Immutable.
 *
 * @param hint how the key begins, by which it is found, and recognised by its owner
 */
record ApiKey(KeyId id, String name, String hint, KeyHash hash, Set<Scope> scopes, Limits limits, Instant createdAt) {
    ApiKey {
        scopes = Set.copyOf(scopes);
    }

    boolean may(Scope asked) {
        return scopes.contains(asked) || scopes.contains(Scope.ADMIN);
    }

    /**
     * How much one process lets the key do; null for any amount.
     *
     * @param requestsPerMinute so many at once, and then as many as a minute refills
     * @param concurrentRequests requests, streams included, that are being answered at once
     */
    record Limits(
            @Nullable Integer requestsPerMinute, @Nullable Integer concurrentRequests) {
        static final Limits NONE = new Limits(null, null);
    }
}
