package dev.rehearse.webhooks;

import dev.rehearse.web.ApiException;
import java.util.Arrays;
import java.util.List;

/** What can be told. Immutable. */
public enum EventType {
    JOB_SUCCEEDED("fine_tuning.job.succeeded"),
    JOB_FAILED("fine_tuning.job.failed"),
    JOB_CANCELLED("fine_tuning.job.cancelled");

    private final String wireName;

    EventType(String wireName) {
        this.wireName = wireName;
    }

    /** As it stands in JSON, for example {@code "fine_tuning.job.failed"}. */
    String wireName() {
        return wireName;
    }

    static List<String> wireNames() {
        return Arrays.stream(values()).map(EventType::wireName).toList();
    }

    /**
     * @param param the field that has it
     * @throws ApiException 400 for anything but the exact wire names
     */
    static EventType of(String wireName, String param) {
        return Arrays.stream(values())
                .filter(type -> type.wireName.equals(wireName))
                .findFirst()
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value",
                        param,
                        "Invalid value for '" + param + "': '" + wireName + "'. Supported values: "
                                + String.join(", ", wireNames()) + "."));
    }
}
