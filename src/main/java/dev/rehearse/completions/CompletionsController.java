package dev.rehearse.completions;

import dev.rehearse.completions.ReplyMeters.Endpoint;
import dev.rehearse.completions.Streams.Exchange;
import dev.rehearse.web.ApiException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/** OpenAI's completion endpoints. Any thread. */
@RestController
@Tag(name = "Completions", description = "Replies of a trained model, whole or as server-sent events")
final class CompletionsController {
    private static final String CHAT = """
            {"model":"my-model","messages":[{"role":"user","content":"h e l l o"}],"temperature":0,"max_tokens":16}""";
    private static final String CHAT_STREAM = """
            {"model":"my-model","messages":[{"role":"user","content":"h e l l o"}],"stream":true,
             "stream_options":{"include_usage":true}}""";
    private static final String TEXT = """
            {"model":"my-model","prompt":["h e l l o","w o r l d"],"max_tokens":16,"logprobs":2,"seed":7}""";

    private final ReplyDelivery delivery;
    private final Planner planner;

    CompletionsController(ReplyDelivery delivery, Planner planner) {
        this.delivery = delivery;
        this.planner = planner;
    }

    /** @throws ApiException as the envelope says */
    @PostMapping("/v1/chat/completions")
    @Operation(
            summary = "The next turn of a conversation",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content =
                                    @Content(
                                            mediaType = "application/json",
                                            examples = {
                                                @ExampleObject(name = "whole", value = CHAT),
                                                @ExampleObject(name = "streamed", value = CHAT_STREAM)
                                            })))
    @Nullable
    Object chat(@RequestBody JsonNode body, HttpServletRequest http, HttpServletResponse response) {
        ChatRequest request = ChatRequest.of(body);
        return delivery.answer(
                request.options(), Endpoint.CHAT, lease -> planner.chat(request, lease), new Exchange(http, response));
    }

    /** @throws ApiException as the envelope says */
    @PostMapping("/v1/completions")
    @Operation(
            summary = "The continuation of one or several texts",
            requestBody =
                    @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content =
                                    @Content(
                                            mediaType = "application/json",
                                            examples = @ExampleObject(name = "two prompts", value = TEXT))))
    @Nullable
    Object text(@RequestBody JsonNode body, HttpServletRequest http, HttpServletResponse response) {
        TextRequest request = TextRequest.of(body);
        return delivery.answer(
                request.options(), Endpoint.TEXT, lease -> planner.text(request, lease), new Exchange(http, response));
    }
}
