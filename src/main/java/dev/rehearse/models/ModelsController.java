package dev.rehearse.models;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** OpenAI's models endpoints. Any thread. */
@RestController
@RequestMapping("/v1/models")
@Tag(name = "Models", description = "Blueprints, base models and what jobs made of them")
final class ModelsController {
    private final ModelCatalog catalog;

    ModelsController(ModelCatalog catalog) {
        this.catalog = catalog;
    }

    /** The whole catalogue, which OpenAI does not page either. */
    record ModelList(String object, List<ModelObject> data) {}

    @GetMapping
    @Operation(summary = "Every model: tuned ones first, then base models and blueprints")
    ModelList list() {
        return new ModelList(
                "list", catalog.list().stream().map(ModelObject::of).toList());
    }

    @GetMapping("/{model}")
    @Operation(summary = "One model")
    ModelObject retrieve(@Parameter(example = "gpt2-tiny") @PathVariable("model") String id) {
        return ModelObject.of(catalog.require(id));
    }

    @DeleteMapping("/{model}")
    @Operation(summary = "Deletes a model that a job made, and its weights")
    Map<String, Object> delete(@PathVariable("model") String id) {
        catalog.delete(id);
        return Map.of("id", id, "object", "model", "deleted", true);
    }
}
