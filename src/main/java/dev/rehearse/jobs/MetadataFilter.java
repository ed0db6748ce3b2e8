package dev.rehearse.jobs;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.StorableText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which jobs a list holds: {@code metadata[k]=v} those with the pair, {@code metadata=null} those without any metadata.
 * Immutable.
 *
 * @param condition SQL that follows other conditions, its values named as in {@code parameters}
 */
record MetadataFilter(String condition, Map<String, String> parameters) {
    private static final Pattern PAIR = Pattern.compile("metadata\\[(.+)]");

    /** @throws ApiException 400 when a name or value can be in no metadata */
    static MetadataFilter of(Map<String, String> query) {
        StringBuilder condition = new StringBuilder();
        Map<String, String> parameters = new LinkedHashMap<>();
        if ("null".equals(query.get("metadata"))) {
            condition.append(" and not exists (select 1 from job_metadata m where m.job_id = jobs.id)");
        }
        query.forEach((name, value) -> {
            Matcher pair = PAIR.matcher(name);
            if (pair.matches()) {
                int number = parameters.size();
                condition
                        .append(" and exists (select 1 from job_metadata m where m.job_id = jobs.id and m.name = :name")
                        .append(number)
                        .append(" and m.content = :content")
                        .append(number)
                        .append(')');
                parameters.put("name" + number, StorableText.require("metadata", pair.group(1)));
                parameters.put("content" + number, StorableText.require(name, value));
            }
        });
        return new MetadataFilter(condition.toString(), parameters);
    }
}
