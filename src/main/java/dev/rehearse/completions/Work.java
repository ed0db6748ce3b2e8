package dev.rehearse.completions;

import dev.rehearse.generation.GenerationRequest;
import java.util.List;

/** What one HTTP request comes down to: replies to generate, and how to tell them. Confined to one request. */
record Work(List<GenerationRequest> requests, Wire wire) {
    Work {
        requests = List.copyOf(requests);
    }
}
