package dev.rehearse.webhooks;

import dev.rehearse.web.JsonFields;
import dev.rehearse.web.Listing;
import dev.rehearse.web.MarkedListing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** {@code /v1/webhook_endpoints}. Stateless; any thread. */
@Tag(name = "Webhooks", description = "Servers that are told when a job has ended, signed as Standard Webhooks")
@RestController
final class WebhooksController {
    private static final String PATH = "/v1/webhook_endpoints";
    private static final int USUAL = 20;
    private static final int MOST = 100;
    private static final String CREATE = """
            {"name": "ci", "url": "http://localhost:9000/hooks", "event_types": ["fine_tuning.job.succeeded"]}""";
    private static final String UPDATE = """
            {"event_types": ["fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled"]}""";
    private static final String ROTATE = """
            {"keep_old_secret_active_for_24_hours": true}""";
    private static final String TEST = """
            {"event_type": "fine_tuning.job.succeeded"}""";

    private final Endpoints endpoints;
    private final EndpointRows rows;
    private final DeliveryRows deliveries;
    private final Courier courier;

    WebhooksController(Endpoints endpoints, EndpointRows rows, DeliveryRows deliveries, Courier courier) {
        this.endpoints = endpoints;
        this.rows = rows;
        this.deliveries = deliveries;
        this.courier = courier;
    }

    @Operation(
            summary = "Create an endpoint",
            description = "`signing_secret` is shown this once. The url's host and port must stand in the setting"
                    + " `rehearse.webhooks.allowed`.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = @ExampleObject(name = "a job's success", value = CREATE))))
    @PostMapping(path = PATH, consumes = MediaType.APPLICATION_JSON_VALUE)
    EndpointObject create(@RequestBody byte[] body) {
        return withSecret(endpoints.add(EndpointReader.read(JsonFields.parse(body), null)));
    }

    @Operation(summary = "List endpoints", description = "Newest first.")
    @GetMapping(PATH)
    MarkedListing<EndpointObject> list(
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit) {
        PageQuery page = PageQuery.of(after, limit, USUAL, MOST);
        return MarkedListing.of(Listing.of(rows.list(page), page.limit(), EndpointObject::of), EndpointObject::id);
    }

    @Operation(summary = "Look at an endpoint")
    @GetMapping(PATH + "/{id}")
    EndpointObject get(@PathVariable EndpointId id) {
        return EndpointObject.of(endpoints.require(id));
    }

    @Operation(
            summary = "Change an endpoint",
            description = "What is not given stays. What is on its way goes to the new url.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = @ExampleObject(name = "every end", value = UPDATE))))
    @PostMapping(path = PATH + "/{id}", consumes = MediaType.APPLICATION_JSON_VALUE)
    EndpointObject update(@PathVariable EndpointId id, @RequestBody byte[] body) {
        Endpoint endpoint = endpoints.require(id);
        return EndpointObject.of(
                endpoints.change(endpoint, EndpointReader.read(JsonFields.parse(body), endpoint.wish())));
    }

    @Operation(summary = "Delete an endpoint", description = "What is on its way to it is dropped.")
    @DeleteMapping(PATH + "/{id}")
    EndpointObject.Deleted delete(@PathVariable EndpointId id) {
        endpoints.delete(id);
        return new EndpointObject.Deleted(id.value(), "webhook_endpoint.deleted", true);
    }

    @Operation(
            summary = "Make a new secret",
            description = "Shown this once. The old one stops, or signs as well for another day.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = @ExampleObject(name = "with a day's grace", value = ROTATE))))
    @PostMapping(PATH + "/{id}/rotate_secret")
    EndpointObject rotate(@PathVariable EndpointId id, @RequestBody(required = false) byte @Nullable [] body) {
        return withSecret(endpoints.rotate(id, former(body)));
    }

    @Operation(
            summary = "Try an endpoint out",
            description = "Sends a signed event of the job `ftjob-test` once, at once.",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                                            schema = @Schema(type = "object"),
                                            examples = @ExampleObject(name = "a job's success", value = TEST))))
    @PostMapping(path = PATH + "/{id}/test", consumes = MediaType.APPLICATION_JSON_VALUE)
    EndpointObject.Tested test(@PathVariable EndpointId id, @RequestBody byte[] body) {
        Endpoint endpoint = endpoints.require(id);
        JsonFields fields = JsonFields.parse(body);
        EventType type = EventType.of(fields.requireText("event_type"), "event_type");
        fields.refuseOthers();
        int status = courier.test(endpoint, type);
        return new EndpointObject.Tested("webhook_endpoint.test", id.value(), type.wireName(), status, true);
    }

    @Operation(summary = "What was sent to an endpoint", description = "Newest first, with how often it was tried.")
    @GetMapping(PATH + "/{id}/deliveries")
    MarkedListing<DeliveryObject> deliveries(
            @PathVariable EndpointId id,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit) {
        Endpoint endpoint = endpoints.require(id);
        PageQuery page = PageQuery.of(after, limit, USUAL, MOST);
        return MarkedListing.of(
                Listing.of(deliveries.list(endpoint.id(), page), page.limit(), DeliveryObject::of), DeliveryObject::id);
    }

    @Operation(summary = "What endpoints can ask for")
    @GetMapping("/v1/webhook_event_types")
    EndpointObject.EventTypes types() {
        return new EndpointObject.EventTypes("list", EventType.wireNames());
    }

    private EndpointObject withSecret(Endpoint endpoint) {
        return EndpointObject.of(endpoint, endpoints.secret(endpoint));
    }

    private static Endpoints.FormerSecret former(byte @Nullable [] body) {
        if (body == null || body.length == 0) {
            return Endpoints.FormerSecret.STOPS;
        }
        JsonFields fields = JsonFields.parse(body);
        JsonNode keep = fields.find("keep_old_secret_active_for_24_hours");
        fields.refuseOthers();
        if (keep == null) {
            return Endpoints.FormerSecret.STOPS;
        }
        if (!keep.isBoolean()) {
            throw JsonFields.wrongType("keep_old_secret_active_for_24_hours", "a boolean", keep);
        }
        return keep.booleanValue() ? Endpoints.FormerSecret.STAYS_A_DAY : Endpoints.FormerSecret.STOPS;
    }
}
