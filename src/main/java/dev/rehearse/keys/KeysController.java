package dev.rehearse.keys;

import dev.rehearse.web.JsonFields;
import dev.rehearse.web.Listing;
import dev.rehearse.web.MarkedListing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** {@code /v1/api_keys}. Stateless; any thread. */
@Tag(name = "API keys", description = "Who may use the service; without any key, everybody who reaches it")
@RestController
@RequestMapping("/v1/api_keys")
final class KeysController {
    private static final int USUAL = 20;
    private static final int MOST = 100;
    private static final int LONGEST_NAME = 255;
    private static final int MOST_REQUESTS = 1_000_000;
    private static final String FIRST = """
            {"name": "administration", "scopes": ["admin"]}""";
    private static final String TRAINER = """
            {"name": "nightly training", "scopes": ["read", "train"], "requests_per_minute": 600}""";

    private final Keys keys;
    private final KeyRows rows;

    KeysController(Keys keys, KeyRows rows) {
        this.keys = keys;
        this.rows = rows;
    }

    @Operation(
            summary = "Make a key",
            description = "`value` is the key, shown this once. Scopes: `read`, `train`, `generate`, `admin` (all of"
                    + " them). The first key needs `admin`; from then on every request needs a key.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = {
                                                @ExampleObject(name = "the first key", value = FIRST),
                                                @ExampleObject(name = "a trainer's", value = TRAINER)
                                            })))
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    KeyObject create(@RequestBody byte[] body) {
        return KeyObject.of(keys.add(wish(JsonFields.parse(body))));
    }

    @Operation(summary = "List keys", description = "Newest first, without the keys themselves.")
    @GetMapping
    MarkedListing<KeyObject> list(
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit) {
        PageQuery page = PageQuery.of(after, limit, USUAL, MOST);
        return MarkedListing.of(Listing.of(rows.list(page), page.limit(), KeyObject::of), KeyObject::id);
    }

    @Operation(summary = "Look at a key")
    @GetMapping("/{id}")
    KeyObject get(@PathVariable KeyId id) {
        return KeyObject.of(rows.find(id).orElseThrow(() -> Keys.unknown(id)));
    }

    @Operation(summary = "Delete a key", description = "It is refused from now on. The last `admin` key stays.")
    @DeleteMapping("/{id}")
    KeyObject.Deleted delete(@PathVariable KeyId id) {
        keys.delete(id);
        return new KeyObject.Deleted(id.value(), "api_key", true);
    }

    private static Keys.Wish wish(JsonFields fields) {
        String name = fields.requireText("name");
        if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw fields.invalid("name", "allowed are 1 to " + LONGEST_NAME + " printable characters");
        }
        Keys.Wish wish = new Keys.Wish(
                name,
                scopes(fields),
                new ApiKey.Limits(
                        fields.integer("requests_per_minute", 1, MOST_REQUESTS),
                        fields.integer("concurrent_requests", 1, MOST_REQUESTS)));
        fields.refuseOthers();
        return wish;
    }

    private static Set<Scope> scopes(JsonFields fields) {
        JsonNode given = fields.require("scopes");
        if (!given.isArray()) {
            throw JsonFields.wrongType(fields.path("scopes"), "an array", given);
        }
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (JsonNode scope : given) {
            if (!scope.isString()) {
                throw JsonFields.wrongType(fields.path("scopes"), "an array of strings", scope);
            }
            scopes.add(Scope.of(scope.stringValue()));
        }
        if (scopes.isEmpty()) {
            throw fields.invalid("scopes", "at least one is needed");
        }
        return scopes;
    }
}
