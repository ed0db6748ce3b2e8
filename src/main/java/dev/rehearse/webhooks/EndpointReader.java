package dev.rehearse.webhooks;

import dev.rehearse.outbound.AllowedHosts;
import dev.rehearse.web.JsonFields;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a request says of an endpoint. Stateless; any thread. */
final class EndpointReader {
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_URL = 2_048;

    private EndpointReader() {}

    /** @param before what holds where the request says nothing; null for a new endpoint, of which all must be said */
    static Endpoint.Wish read(JsonFields fields, Endpoint.@Nullable Wish before) {
        Endpoint.Wish wish = new Endpoint.Wish(
                before != null && fields.find("name") == null ? before.name() : name(fields),
                before != null && fields.find("url") == null ? before.url() : url(fields),
                before != null && fields.find("event_types") == null ? before.types() : types(fields));
        fields.refuseOthers();
        return wish;
    }

    private static String name(JsonFields fields) {
        String name = fields.requireText("name");
        if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw fields.invalid("name", "allowed are 1 to " + LONGEST_NAME + " printable characters");
        }
        return name;
    }

    private static URI url(JsonFields fields) {
        String text = fields.requireText("url");
        if (text.length() > LONGEST_URL) {
            throw fields.invalid("url", "allowed are " + LONGEST_URL + " characters");
        }
        try {
            URI url = new URI(text);
            AllowedHosts.requireAddress(url);
            return url;
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw fields.invalid("url", Objects.toString(e.getMessage()));
        }
    }

    private static Set<EventType> types(JsonFields fields) {
        JsonNode given = fields.require("event_types");
        if (!given.isArray()) {
            throw JsonFields.wrongType("event_types", "an array", given);
        }
        Set<EventType> types = EnumSet.noneOf(EventType.class);
        for (JsonNode type : given) {
            if (!type.isString()) {
                throw JsonFields.wrongType("event_types", "an array of strings", type);
            }
            types.add(EventType.of(type.stringValue(), "event_types"));
        }
        if (types.isEmpty()) {
            throw fields.invalid("event_types", "at least one is needed");
        }
        return types;
    }
}
