package dev.rehearse.models;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** OpenAI's models endpoints. Any thread. */
@RestController
@RequestMapping("/v1/models")
@Tag(name = "Models", description = "Blueprints, base models and what jobs made of them")
final class ModelsController {
    private final ModelCatalog catalog;
    private final ModelExports exports;

    ModelsController(ModelCatalog catalog, ModelExports exports) {
        this.catalog = catalog;
        this.exports = exports;
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

    @GetMapping("/{model}/export")
    @Operation(
            summary = "A model's directory as a ZIP",
            description = "As transformers, vLLM and llama.cpp's converter read it: config.json, model.safetensors,"
                    + " tokenizer.json. `form=adapter` is the adapter alone, in PEFT's form, of a model tuned by LoRA.",
            responses =
                    @ApiResponse(
                            responseCode = "200",
                            content =
                                    @Content(
                                            mediaType = "application/zip",
                                            schema = @Schema(type = "string", format = "binary"))))
    void export(
            @PathVariable("model") String id,
            @RequestParam(defaultValue = "model") String form,
            HttpServletResponse response)
            throws IOException {
        exports.send(id, ModelExports.Form.of(form), response);
    }

    @DeleteMapping("/{model}")
    @Operation(
            summary = "Deletes a model that a job made, and its weights",
            description = "Refused while requests are answered by it, jobs need it, or it is exported.")
    Map<String, Object> delete(@PathVariable("model") String id) {
        catalog.delete(id);
        return Map.of("id", id, "object", "model", "deleted", true);
    }
}
