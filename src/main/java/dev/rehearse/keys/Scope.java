package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a key may be good for. Immutable. */
enum Scope {
    /** Look at everything but keys and webhooks: files, jobs, models, metrics. */
    READ,
    /** Upload files, run and cancel jobs, try graders, delete files and tuned models. */
    TRAIN,
    /** Ask models for replies. */
    GENERATE,
    /** All of it, keys and webhooks included. */
    ADMIN;

    /** As it stands in JSON, for example {@code "read"}. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws ApiException 400 for anything but the exact wire names */
    static Scope of(String wireName) {
        return Arrays.stream(values())
                .filter(scope -> scope.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value",
                        "scopes",
                        "Invalid value for 'scopes': '" + wireName + "'. Supported values: "
                                + Arrays.stream(values()).map(Scope::wireName).collect(Collectors.joining(", "))
                                + "."));
    }
}
