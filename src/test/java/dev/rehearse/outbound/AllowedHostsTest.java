package dev.rehearse.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {
    @Test
    void aNameThatLeadsToThisMachineIsRefusedAlthoughItIsListed() {
        // the resolver answers localhost and everything below it with loopback (RFC 6761, section 6.3)
        AllowedHosts hosts = new AllowedHosts(List.of("rewards.localhost:80", "169.254.0.1:80", "localhost:80"));
        assertThatThrownBy(() -> hosts.check(URI.create("http://rewards.localhost/")))
                .isInstanceOf(NoAnswerException.class);
        hosts.check(URI.create("http://localhost/"));
        hosts.check(URI.create("http://169.254.0.1/"));
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example.org/x, a.example.org:443",
        "http://A.example.org/x, a.example.org:80",
        "HTTP://a.example.org:8080, a.example.org:8080",
        "http://[::1]:9/, [::1]:9"
    })
    void theListHasHostAndPort(String url, String entry) {
        assertThat(new AllowedHosts(List.of(entry)).has(URI.create(url))).isTrue();
        assertThat(new AllowedHosts(List.of("a.example.org:81")).has(URI.create(url)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.example.org", "http://a.example.org:80", "*:80", "a:999999", ""})
    void anEntryThatIsNotHostAndPortIsRefused(String entry) {
        assertThatThrownBy(() -> new AllowedHosts(List.of(entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host:port");
    }
}
