package dev.rehearse.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.DataDirectory;
import jakarta.servlet.MultipartConfigElement;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.servlet.ModelAndView;

class UploadRoomTest {
    private static final long MOST = 1L << 60;

    @TempDir
    Path data;

    @ParameterizedTest
    @CsvSource({
        "multipart/form-data; boundary=b, 1000,                false",
        "Multipart/Form-Data; boundary=b, 1000000000000000000, true",
        "multipart/form-data; boundary=b, 2000000000000000000, false",
        "multipart/form-data; boundary=b, -1,                  false",
        "application/json,                1000000000000000000, false"
    })
    void onlyAnUploadThatTheDiskCannotTakeIsRefused(String type, long length, boolean refused) throws Exception {
        List<ApiException> refusals = new ArrayList<>();
        UploadRoom room = new UploadRoom(
                new FileFolder(new DataDirectory(data)),
                new MultipartConfigElement("", MOST, MOST, 0),
                (request, response, handler, e) -> {
                    refusals.add((ApiException) e);
                    return new ModelAndView();
                });
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/v1/files") {
            @Override
            public long getContentLengthLong() {
                return length;
            }
        };
        request.setContentType(type);
        MockFilterChain chain = new MockFilterChain();
        room.doFilter(request, new MockHttpServletResponse(), chain);
        assertThat(chain.getRequest() == null).isEqualTo(refused);
        assertThat(refusals).hasSize(refused ? 1 : 0).allSatisfy(e -> {
            assertThat(e.status().value()).isEqualTo(507);
            assertThat(e.code()).isEqualTo("insufficient_storage");
        });
    }
}
