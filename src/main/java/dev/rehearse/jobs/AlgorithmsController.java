package dev.rehearse.jobs;

import dev.rehearse.training.AlgorithmCatalogue;
import dev.rehearse.web.Listing;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/fine_tuning/algorithms}. Stateless; any thread. */
@Tag(name = "Fine-tuning")
@RestController
final class AlgorithmsController {
    @Operation(
            summary = "The algorithms of reinforcement",
            description = "What `method.reinforcement` may hold for each, as JSON Schema with defaults; the first runs"
                    + " where none is named.")
    @GetMapping("/v1/fine_tuning/algorithms")
    Listing<Map<String, Object>> algorithms() {
        return new Listing<>("list", AlgorithmCatalogue.all(), false);
    }
}
