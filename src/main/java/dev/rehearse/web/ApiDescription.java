package dev.rehearse.web;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;

/** What the API's description says of all endpoints; the rest stands at each of them. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {
    private static final String KEY = "api_key";
    private static final String ERROR = ErrorEnvelope.class.getSimpleName();

    @Bean
    OpenAPI frame() {
        SpringDocUtils.getConfig().replaceWithSchema(JsonNode.class, new ObjectSchema());
        SecurityScheme bearer = new SecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .description("An API key; any text will do on a service that has none");
        return new OpenAPI()
                .components(new Components().addSecuritySchemes(KEY, bearer))
                .addSecurityItem(new SecurityRequirement().addList(KEY))
                .info(new Info()
                        .title("Rehearse")
                        .version("v1")
                        .description("Fine-tunes text models by supervision and by deep Q-learning with experience"
                                + " replay, and serves them, over OpenAI's wire: an unmodified OpenAI client with the"
                                + " base URL http://localhost:8080/v1 can do all of it."));
    }

    /** Whatever an endpoint refuses, it refuses in the same form. */
    @Bean
    OpenApiCustomizer errorsOfAll() {
        ApiResponse error = new ApiResponse()
                .description("Any refusal or failure")
                .content(new Content()
                        .addMediaType(
                                org.springframework.http.MediaType.APPLICATION_JSON_VALUE,
                                new MediaType().schema(new Schema<>().$ref(ERROR))));
        return api -> {
            ModelConverters.getInstance(true)
                    .readAll(ErrorEnvelope.class)
                    .forEach((name, schema) -> api.getComponents().addSchemas(name, schema));
            api.getPaths().values().stream()
                    .flatMap(path -> path.readOperations().stream())
                    .forEach(operation -> operation.getResponses().setDefault(error));
        };
    }
}
