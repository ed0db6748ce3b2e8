package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.Embedding;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import dev.rehearse.generation.QueueFullException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * OpenAI's own client, unmodified; its {@code validate} fails on a field that is missing or of another type. It types the
 * {@code finish_reason} of a text chunk as never null, which OpenAI's own chunks are not, so those are not validated.
 */
class OpenAiClientTest extends ServerTest {
    private OpenAIClient client;

    @BeforeEach
    void connect() {
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    private ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder()
                .model(modelId)
                .addSystemMessage("be kind")
                .addUserMessage("hello");
    }

    @Test
    void chats() {
        ChatCompletion answer = client.chat()
                .completions()
                .create(chat().n(2).logprobs(true).topLogprobs(1).seed(7).build())
                .validate();
        assertThat(answer.choices()).hasSize(2);
        assertThat(answer.choices().get(1).message().content()).hasValue("hi");
        assertThat(answer.choices().get(0).finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        assertThat(answer.choices().get(0).logprobs().orElseThrow().content().orElseThrow())
                .hasSize(2);
        assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(6);
    }

    @Test
    void streamsAChat() {
        ChatCompletionCreateParams params = chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks =
                    stream.stream().peek(ChatCompletionChunk::validate).toList();
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .flatMap(choice -> choice.delta().content().stream())
                            .collect(Collectors.joining()))
                    .isEqualTo("hi");
            assertThat(chunks.get(chunks.size() - 1).usage().orElseThrow().totalTokens())
                    .isEqualTo(18);
            assertThat(chunks)
                    .extracting(ChatCompletionChunk::id)
                    .containsOnly(chunks.get(0).id());
        }
    }

    @Test
    void completesTextsWholeAndStreamed() {
        CompletionCreateParams params = CompletionCreateParams.builder()
                .model(modelId)
                .promptOfArrayOfStrings(List.of("a", "b"))
                .logprobs(1L)
                .build();
        Completion whole = client.completions().create(params).validate();
        assertThat(whole.choices()).extracting(choice -> choice.text()).containsExactly("hi", "hi");
        try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
            assertThat(stream.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .filter(choice -> choice.index() == 1)
                            .map(choice -> choice.text())
                            .collect(Collectors.joining()))
                    .isEqualTo("hi");
        }
    }

    /** It asks for base64 without being told to, and reads it back as floats. */
    @Test
    void embedsTexts() {
        CreateEmbeddingResponse answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(modelId)
                        .inputOfArrayOfStrings(List.of("a", "aab"))
                        .build())
                .validate();
        assertThat(answer.data()).extracting(Embedding::index).containsExactly(0L, 1L);
        assertThat(answer.data().get(1).embedding()).startsWith(0f, 0.8944272f, 0.4472136f);
        assertThat(answer.usage().totalTokens()).isEqualTo(4);
    }

    @Test
    void readsModels() {
        assertThat(client.models().list().autoPager()).extracting(Model::id).contains(modelId, "gpt2-tiny");
        assertThat(client.models().retrieve(modelId).validate().ownedBy()).isEqualTo("rehearse");
        assertThatThrownBy(() -> client.models().retrieve("nobody")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.models().delete(modelId)).isInstanceOf(PermissionDeniedException.class);
    }

    @Test
    void errorsBecomeItsExceptions() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().temperature(1.5).maxTokens(99).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.code()).hasValue("context_length_exceeded"));
        model.play(new ScriptedModel.Refusal(new QueueFullException("full", Duration.ofSeconds(1))));
        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(RateLimitException.class);
    }

    @Test
    void anErrorInAStreamBecomesItsException() {
        model.play((request, listener, cancelled) -> {
            listener.progressed("h", List.of());
            listener.failed(new IllegalStateException("nan"));
        });
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(chat().build())) {
            assertThatThrownBy(() -> stream.stream().forEach(chunk -> {})).isInstanceOf(SseException.class);
        }
    }
}
