package dev.rehearse.completions;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.rehearse.completions.Options.Delivery;
import dev.rehearse.generation.Penalties;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;

class EventWriterTest {
    @Test
    void closingAfterTheContainerGaveUpIsNoFailure() {
        ResponseBodyEmitter ended = new ResponseBodyEmitter() {
            @Override
            public void complete() {
                throw new IllegalStateException("an error had occurred");
            }
        };
        Options options = new Options(
                "m", 1, null, new Sampling(1, 1, 0, null, Penalties.NONE), List.of(), Delivery.STREAM, List.of());
        assertThatCode(() -> new EventWriter(ended, options).close()).doesNotThrowAnyException();
    }
}
