package dev.rehearse.web;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.util.List;
import org.apache.catalina.core.StandardHost;
import org.apache.coyote.ContinueResponseTiming;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.config.annotation.ContentNegotiationConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** What every endpoint shares. */
@Configuration(proxyBeanMethods = false)
class WebConfiguration implements WebMvcConfigurer {
    private static final String KEY = "api_key";

    /** Clients ask for types that do not fit (application/json for a stream, nothing at all): we answer what we have. */
    @Override
    public void configureContentNegotiation(ContentNegotiationConfigurer configurer) {
        configurer.strategies(List.of(request -> List.of(MediaType.ALL)));
    }

    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> containerErrors() {
        return factory ->
                factory.addContextCustomizers(context -> ContainerErrors.reportFor((StandardHost) context.getParent()));
    }

    /** Ids in paths may have an encoded slash in them, of models above all: such an id is looked up like any other. */
    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> encodedSlashes() {
        return factory -> factory.addConnectorCustomizers(
                connector -> connector.setEncodedSolidusHandling(EncodedSolidusHandling.PASS_THROUGH.getValue()));
    }

    /** A client that asks before it sends a large body hears a refusal instead, and sends nothing. */
    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> refusalsBeforeBodies() {
        return factory -> factory.addConnectorCustomizers(connector -> connector.setProperty(
                "continueResponseTiming", ContinueResponseTiming.ON_REQUEST_BODY_READ.toString()));
    }

    @Bean
    WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> clientConnections() {
        return factory ->
                factory.addContextCustomizers(context -> context.getPipeline().addValve(new ClientConnection.Valve()));
    }

    @Bean
    OpenAPI apiDescription() {
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
}
