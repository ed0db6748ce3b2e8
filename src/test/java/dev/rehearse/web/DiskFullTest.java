package dev.rehearse.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.springframework.http.ResponseEntity;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.multipart.MultipartException;

class DiskFullTest {
    private final ErrorMapping mapping = new ErrorMapping();

    @Test
    void aFullDiskIsNotTheClientsFaultAndSaysSo() throws Exception {
        IOException full = new IOException("No space left on device");
        is507(mapping.brokenUpload(new MultipartException("Failed to parse multipart servlet request", full)));
        is507(mapping.anythingElse(
                new UncheckedIOException(full), new MockHttpServletRequest(), new MockHttpServletResponse()));
    }

    @Test
    void anyOtherTroubleWithAFileIsNoFullDisk() {
        MultipartException broken = new MultipartException("broken", new IOException("Stream ended unexpectedly"));
        assertThat(mapping.brokenUpload(broken).getStatusCode().value()).isEqualTo(400);
        assertThat(DiskFull.isCauseOf(new IllegalStateException("No space left on device")))
                .isFalse();
    }

    private static void is507(ResponseEntity<ErrorEnvelope> answer) {
        assertThat(answer.getStatusCode().value()).isEqualTo(507);
        assertThat(answer.getBody().error().code()).isEqualTo("insufficient_storage");
        assertThat(answer.getBody().error().type()).isEqualTo("server_error");
        assertThat(answer.getHeaders().getFirst("x-should-retry")).isEqualTo("false");
    }
}
