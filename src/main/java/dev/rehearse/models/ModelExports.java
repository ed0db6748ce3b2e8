package dev.rehearse.models;

import dev.rehearse.web.ApiException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/** Sends model directories out, and keeps them from being deleted meanwhile. Thread-safe. */
@Component
final class ModelExports implements ModelHold {
    /** Where a model that was tuned by adapters has them, in PEFT's form. */
    private static final String ADAPTER = "adapter";

    private final ModelCatalog catalog;
    private final Map<String, Integer> underWay = new ConcurrentHashMap<>();

    ModelExports(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    /** What of a model is asked for. */
    enum Form {
        /** Its whole directory. */
        MODEL,
        /** Its adapter alone. */
        ADAPTER;

        /** @throws ApiException 400 for anything but the exact names */
        static Form of(String name) {
            return switch (name) {
                case "model" -> MODEL;
                case "adapter" -> ADAPTER;
                default ->
                    throw ApiException.invalid(
                            "invalid_value",
                            "form",
                            "Invalid value for 'form': '" + name + "'. Supported values: model, adapter.");
            };
        }
    }

    /**
     * Answers with a ZIP, on the caller's thread, which the client's line holds until the end.
     *
     * @throws ApiException 404 when there is no such model, 400 when it has nothing of that form
     */
    void send(String id, Form form, HttpServletResponse response) throws IOException {
        underWay.merge(id, 1, Integer::sum);
        try {
            Path directory = directory(catalog.require(id), form);
            response.setContentType("application/zip");
            response.setHeader(HttpHeaders.CONTENT_DISPOSITION, attachment(id, form));
            ModelArchive.write(directory, response.getOutputStream());
        } finally {
            underWay.compute(id, (key, count) -> count == null || count == 1 ? null : count - 1);
        }
    }

    @Override
    public Optional<String> release(String modelId) {
        return underWay.containsKey(modelId) ? Optional.of("it is being exported") : Optional.empty();
    }

    private static Path directory(Model model, Form form) {
        if (model.kind() == Model.Kind.BLUEPRINT) {
            throw ApiException.invalid(
                    "model_not_trained", "model", "The model '" + model.id() + "' is a blueprint and has no weights.");
        }
        Path directory = model.requireDirectory();
        return switch (form) {
            case MODEL -> directory;
            case ADAPTER -> {
                Path adapter = directory.resolve(ADAPTER);
                if (!Files.isDirectory(adapter)) {
                    throw ApiException.invalid(
                            "invalid_value",
                            "form",
                            "The model '" + model.id() + "' was not tuned by adapters. Allowed: form=model.");
                }
                yield adapter;
            }
        };
    }

    /** Named like the model, without the colons that some systems do not have in names. */
    private static String attachment(String id, Form form) {
        String name = id.replace(':', '-') + (form == Form.ADAPTER ? "-adapter.zip" : ".zip");
        return ContentDisposition.attachment()
                .filename(name, StandardCharsets.UTF_8)
                .build()
                .toString();
    }
}
