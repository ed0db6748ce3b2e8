package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.FreshId;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The keys there are: the setting's, and those in the database, which count at once on every replica. Thread-safe. */
@Component
final class Keys {
    private static final Logger log = LoggerFactory.getLogger(Keys.class);
    private static final String PREFIX = "sk-";
    private static final int HINT = PREFIX.length() + 6;

    private final KeyRows rows;
    private final @Nullable ApiKey admin;
    private final TransactionTemplate transaction;
    private final Clock clock;

    Keys(KeyRows rows, KeySettings settings, TransactionTemplate transaction, Clock clock) {
        this.rows = rows;
        this.admin = settings.key().orElse(null);
        this.transaction = transaction;
        this.clock = clock;
    }

    /** What a key is made of by its maker. */
    record Wish(String name, Set<Scope> scopes, ApiKey.Limits limits) {}

    /** A key and its text, which is seen this once. */
    record Fresh(ApiKey key, String text) {
        /** Without the text. */
        @Override
        public String toString() {
            return key.toString();
        }
    }

    /** Whether there is any; without one, nobody is asked for it. */
    boolean areRequired() {
        return admin != null || !rows.isEmpty();
    }

    Optional<ApiKey> find(String text) {
        KeyHash hash = KeyHash.of(text);
        if (admin != null && admin.hash().matches(hash)) {
            return Optional.of(admin);
        }
        return text.length() <= HINT
                ? Optional.empty()
                : rows.beginningWith(text.substring(0, HINT)).stream()
                        .filter(key -> key.hash().matches(hash))
                        .findFirst();
    }

    /** @throws ApiException 400 when it would be the first and not an administrator's */
    Fresh add(Wish wish) {
        if (!wish.scopes().contains(Scope.ADMIN) && !areRequired()) {
            throw ApiException.invalid(
                    "invalid_value",
                    "scopes",
                    "Invalid 'scopes': the first key must have 'admin', since without it nobody could make another one.");
        }
        String text = FreshId.withPrefix(PREFIX);
        ApiKey key = new ApiKey(
                KeyId.fresh(),
                wish.name(),
                text.substring(0, HINT),
                KeyHash.of(text),
                wish.scopes(),
                wish.limits(),
                clock.instant());
        rows.insert(key);
        log.info("API key {} made, scopes {}", key.id(), key.scopes());
        return new Fresh(key, text);
    }

    /** @throws ApiException 404 when there is no such key, 400 when it is the last administrator's */
    void delete(KeyId id) {
        transaction.executeWithoutResult(status -> {
            List<ApiKey> all = rows.lockAll();
            if (all.stream().noneMatch(key -> key.id().equals(id))) {
                throw unknown(id);
            }
            boolean othersRule = all.stream().anyMatch(key -> !key.id().equals(id) && key.may(Scope.ADMIN));
            if (admin == null && !othersRule) {
                throw ApiException.invalid(
                        "last_admin_key",
                        "id",
                        "The key " + id + " is the last one with 'admin'. Make another one first, or set"
                                + " rehearse.keys.admin.");
            }
            rows.delete(id);
        });
        log.info("API key {} deleted", id);
    }

    static ApiException unknown(KeyId id) {
        return ApiException.notFound(null, "id", "No such API key: " + id);
    }
}
