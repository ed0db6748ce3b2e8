package dev.rehearse.files;

import dev.rehearse.web.ApiException;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What a file is for. Immutable. */
public enum Purpose {
    FINE_TUNE("fine-tune"),
    /** Of files that jobs make; nothing is uploaded for it. */
    FINE_TUNE_RESULTS("fine-tune-results"),
    EVALS("evals");

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
        return oneOf(EnumSet.allOf(Purpose.class), wireName);
    }

    /** @throws ApiException 400 for anything but the exact wire names of what files are uploaded for */
    static Purpose ofUpload(String wireName) {
        return oneOf(EnumSet.complementOf(EnumSet.of(FINE_TUNE_RESULTS)), wireName);
    }

    private static Purpose oneOf(Set<Purpose> allowed, String wireName) {
        return allowed.stream()
                .filter(purpose -> purpose.wireName.equals(wireName))
                .findFirst()
                .orElseThrow(() -> ApiException.invalid(
                        "invalid_value",
                        "purpose",
                        "Invalid value for 'purpose': '" + wireName + "'. Supported values: "
                                + allowed.stream().map(Purpose::wireName).collect(Collectors.joining(", ")) + "."));
    }
}
