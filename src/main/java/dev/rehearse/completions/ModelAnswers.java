package dev.rehearse.completions;

import dev.rehearse.generation.Completion;
import dev.rehearse.generation.GenerationRequest;
import dev.rehearse.generation.Sampler;
import dev.rehearse.models.Lease;
import dev.rehearse.models.LoadedModel;
import dev.rehearse.models.ModelCache;
import dev.rehearse.text.Message;
import dev.rehearse.web.ApiException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Single replies for the service's own use, by the same models and queues as clients' requests. Thread-safe. */
@Component
public final class ModelAnswers {
    private static final Duration RETRY = Duration.ofSeconds(60);

    private final ModelCache models;
    private final ReplyMeters meters;

    ModelAnswers(ModelCache models, ReplyMeters meters) {
        this.models = models;
        this.meters = meters;
    }

    /**
     * What is asked of which model.
     *
     * @param maxTokens must fit the model's context beside the conversation; null is {@code usualTokens}, or fewer where
     *     the context leaves fewer
     */
    public record Question(
            String model,
            List<Message> conversation,
            Sampler sampler,
            @Nullable Integer maxTokens,
            int usualTokens) {}

    /**
     * Waits for the reply; where the model has no room or its queue is full, it is asked again until the time is up.
     *
     * @throws ApiException what a client would be answered: unknown model, too long a conversation, no answer in time
     * @throws InterruptedException when the thread is; the reply is cancelled
     */
    public Completion answer(Question question, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                return once(question, deadline);
            } catch (ApiException e) {
                Duration wait = e.retryAfter();
                if (wait == null || deadline - System.nanoTime() <= wait.toNanos()) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(wait.toNanos());
            }
        }
    }

    private Completion once(Question question, long deadline) throws InterruptedException {
        try (Replies replies = replies(models.lease(question.model()))) {
            WholeReplies whole = new WholeReplies(1);
            replies.start(List.of(request(question, replies.lease().loaded())), whole);
            long left = Math.max(0, deadline - System.nanoTime());
            return whole.all().get(left, TimeUnit.NANOSECONDS).get(0);
        } catch (TimeoutException e) {
            throw ApiException.unavailable(
                    "model_not_ready", "The model '" + question.model() + "' did not answer in time", RETRY);
        } catch (ExecutionException e) {
            String cause = Objects.toString(e.getCause());
            throw new IllegalStateException("The model '" + question.model() + "' failed: " + cause, e.getCause());
        }
    }

    private Replies replies(Lease lease) {
        return new Replies(
                lease, meters.of(ReplyMeters.Endpoint.GRADER, lease.model().id()));
    }

    private static GenerationRequest request(Question question, LoadedModel model) {
        int[] prompt = Planner.encode(question.conversation(), model);
        int maxTokens = new ContextBudget(model.contextLength(), "messages")
                .replyTokens(prompt.length, question.maxTokens(), question.usualTokens());
        return new GenerationRequest(prompt, maxTokens, question.sampler(), List.of(), 0);
    }
}
