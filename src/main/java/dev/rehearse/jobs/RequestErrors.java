package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.JsonFields;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Finds every fault of a request, where its reader names the first: the field at fault is taken out, and what is left is
 * read again. Stateless; any thread.
 */
final class RequestErrors {
    private RequestErrors() {}

    /**
     * What can be read of the body; null where a field is missing, or stands where it cannot be taken out.
     *
     * @throws ApiException 400 when the body is not one JSON object
     */
    static @Nullable JobRequest read(byte[] body, Problems problems) {
        ObjectNode left = JsonFields.parse(body).copy();
        Set<String> seen = new HashSet<>();
        while (true) {
            try {
                return JobRequestReader.read(JsonFields.of(left, ""));
            } catch (ApiException e) {
                String param = e.param();
                if (param == null || seen.add(param)) {
                    problems.add(e);
                }
                if (param == null || !remove(left, param)) {
                    return null;
                }
            }
        }
    }

    /** Takes the field out, also where the alias of reinforcement has it. */
    private static boolean remove(ObjectNode body, String param) {
        for (String path : List.of(
                param,
                param.replace("method.reinforcement.dqn.", "method.dqn."),
                param.replace("method.reinforcement.", "method.dqn."))) {
            int last = path.lastIndexOf('.');
            JsonNode parent =
                    last < 0 ? body : body.at('/' + path.substring(0, last).replace('.', '/'));
            if (parent instanceof ObjectNode fields && fields.remove(path.substring(last + 1)) != null) {
                return true;
            }
        }
        return false;
    }
}
