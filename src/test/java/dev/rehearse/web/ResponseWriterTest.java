package dev.rehearse.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.AsyncEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockAsyncContext;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class ResponseWriterTest {
    private final MockHttpServletResponse response = new MockHttpServletResponse();
    private final OnceCompleted context = new OnceCompleted(response);
    private final Said source = new Said();

    /** As a container has it: what is complete cannot be completed again. */
    private static final class OnceCompleted extends MockAsyncContext {
        private int completions;

        OnceCompleted(MockHttpServletResponse response) {
            super(new MockHttpServletRequest(), response);
        }

        @Override
        public void complete() {
            if (++completions > 1) {
                throw new IllegalStateException("asyncComplete() is not valid");
            }
            super.complete();
        }
    }

    private static final class Said implements ResponseWriter.Source {
        private final List<String> pieces = new ArrayList<>(List.of("one ", "two"));
        private boolean closed;
        private boolean completed;

        @Override
        public byte @Nullable [] next() {
            return pieces.isEmpty() ? null : pieces.remove(0).getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public boolean isAtEnd() {
            return pieces.isEmpty();
        }

        @Override
        public void closed() {
            closed = true;
        }

        @Override
        public void completed() {
            completed = true;
        }
    }

    @Test
    void aConnectionThatBreaksWhileTheResponseIsCompletedBreaksNothingElse() throws Exception {
        ResponseWriter writer = new ResponseWriter(context, Runnable::run, source);
        writer.onWritePossible();
        assertThat(response.getContentAsString()).isEqualTo("one two");
        writer.onError(new AsyncEvent(context));
        assertThat(context.completions).isEqualTo(2);
        assertThat(source.closed && source.completed).isTrue();
    }

    @Test
    void aConnectionThatBreaksEarlierCompletesTheResponse() throws Exception {
        ResponseWriter writer = new ResponseWriter(context, Runnable::run, source);
        writer.onError(new AsyncEvent(context));
        assertThat(context.completions).isEqualTo(1);
        assertThat(source.closed && source.completed).isTrue();
    }
}
