package dev.rehearse.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j, which has an HTTP client and a reader of streams of its own, talks to a tuned model. */
@Timeout(120)
class LangChain4jTest {
    private static final String QUESTION = "k a t";
    private static final int LONGEST = 8;

    @TempDir
    static Path data;

    private static RunningService service;
    private static String tuned;

    @BeforeAll
    static void trainAModel() {
        service = RunningService.start(data);
        String train = service.client.upload("train.jsonl", EchoTask.dialogues(48, 1));
        tuned = service.client.awaitModel(
                service.client.create(Jobs.supervised(train, 10, 16)).id());
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static String url() {
        return "http://localhost:" + service.port() + "/v1";
    }

    private static OpenAiChatModel.OpenAiChatModelBuilder chat(String model) {
        return OpenAiChatModel.builder()
                .baseUrl(url())
                .apiKey("any")
                .modelName(model)
                .temperature(0.0)
                .maxCompletionTokens(LONGEST)
                .maxRetries(0);
    }

    private static ChatResponse ask() {
        return chat(tuned).build().chat(UserMessage.from(QUESTION));
    }

    @Test
    void aChatModelIsAnswered() {
        ChatResponse response = ask();
        assertThat(response.aiMessage().text()).isEqualTo(service.client.greedyReply(tuned));
        assertThat(response.modelName()).isEqualTo(tuned);
        assertThat(response.tokenUsage().outputTokenCount()).isBetween(1, LONGEST);
        assertThat(response.finishReason()).isIn(FinishReason.STOP, FinishReason.LENGTH);
    }

    @Test
    void aStreamingChatModelHearsTheSameReplyInPieces() throws Exception {
        OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder()
                .baseUrl(url())
                .apiKey("any")
                .modelName(tuned)
                .temperature(0.0)
                .maxCompletionTokens(LONGEST)
                .build();
        StringBuilder pieces = new StringBuilder();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        model.chat(List.of(UserMessage.from(QUESTION)), new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                pieces.append(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                whole.completeExceptionally(error);
            }
        });
        ChatResponse response = whole.get(60, TimeUnit.SECONDS);
        assertThat(response.aiMessage().text())
                .isEqualTo(pieces.toString())
                .isEqualTo(ask().aiMessage().text());
        assertThat(response.tokenUsage().outputTokenCount())
                .isEqualTo(ask().tokenUsage().outputTokenCount());
    }

    @Test
    void anEmbeddingModelGetsAVectorForEachText() {
        OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                .baseUrl(url())
                .apiKey("any")
                .modelName(tuned)
                .maxRetries(0)
                .build();
        List<Embedding> both = model.embedAll(List.of(TextSegment.from(QUESTION), TextSegment.from("l o s")))
                .content();
        assertThat(both).hasSize(2);
        assertThat(both.get(0).vector())
                .isEqualTo(model.embed(QUESTION).content().vector())
                .isNotEqualTo(both.get(1).vector());
    }

    @Test
    void anErrorIsTheOneThatWasSent() {
        assertThatThrownBy(() -> chat("nobody").build().chat(UserMessage.from(QUESTION)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("nobody");
    }
}
