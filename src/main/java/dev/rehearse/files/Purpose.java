package dev.rehearse.files;

import dev.rehearse.web.ApiException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What a file was uploaded for. Immutable. */
public enum Purpose {
    FINE_TUNE("fine-tune"),
    EVALS("evals"),
    BATCH("batch"),
    ASSISTANTS("assistants"),
    VISION("vision"),
    USER_DATA("user_data");

    private final String wireName;

    Purpose(String wireName) {
        this.wireName = wireName;
    }

    /** As it stands in JSON, for example {@code "fine-tune"}. */
    public String wireName() {
        return wireName;
    }

    /** @throws ApiException 400 for anything but the exact wire names */
    static Purpose of(String wireName) {
        return Arrays.stream(values())
                .filter(purpose -> purpose.wireName.equals(wireName))
                .findFirst()
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value",
                        "purpose",
                        "Invalid value for 'purpose': '" + wireName + "'. Supported values: "
                                + Arrays.stream(values()).map(Purpose::wireName).collect(Collectors.joining(", "))
                                + "."));
    }
}
