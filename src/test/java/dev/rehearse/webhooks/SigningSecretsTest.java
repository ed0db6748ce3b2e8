package dev.rehearse.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.web.DataDirectory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningSecretsTest {
    private static final Instant NOW = Instant.parse("2026-11-27T10:00:00.987Z");
    private static final EndpointId ID = new EndpointId("we_1");

    @TempDir
    Path data;

    private SigningSecrets secrets;

    @BeforeEach
    void open() {
        secrets = new SigningSecrets(new DataDirectory(data));
    }

    @Test
    void aSignatureIsOfIdTimeAndBodyAsStandardWebhooksHasIt() throws Exception {
        Endpoint endpoint = endpoint(secrets.fresh(ID, null));
        String text = secrets.text(ID, endpoint.signing().salt());
        assertThat(text).startsWith("whsec_");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(text.substring(6)), "HmacSHA256"));
        byte[] expected = mac.doFinal("evt_1.1795773600.{}".getBytes(StandardCharsets.UTF_8));
        assertThat(secrets.sign(endpoint, "evt_1", NOW, "{}"))
                .isEqualTo("v1," + Base64.getEncoder().encodeToString(expected));
    }

    @Test
    void theFormerSecretSignsAsWellUntilItsTime() {
        Endpoint.Signing old = secrets.fresh(ID, null);
        Endpoint rotated = endpoint(secrets.fresh(ID, new Endpoint.Former(old.salt(), NOW)));
        String both = secrets.sign(rotated, "evt_1", NOW, "{}");
        assertThat(both.split(" ")).hasSize(2).contains(secrets.sign(endpoint(old), "evt_1", NOW, "{}"));
        assertThat(secrets.sign(rotated, "evt_1", NOW.plusSeconds(1), "{}")).doesNotContain(" ");
    }

    @Test
    void everyEndpointAndEverySaltHasItsOwnSecretWhichAnotherProcessFindsAgain() {
        Endpoint.Signing signing = secrets.fresh(ID, null);
        String text = secrets.text(ID, signing.salt());
        assertThat(secrets.text(new EndpointId("we_2"), signing.salt())).isNotEqualTo(text);
        assertThat(secrets.text(ID, secrets.fresh(ID, null).salt())).isNotEqualTo(text);
        assertThat(new SigningSecrets(new DataDirectory(data)).text(ID, signing.salt()))
                .isEqualTo(text);
    }

    @Test
    void theKeyIsItsOwnersAndReplicasThatStartTogetherAgreeOnIt() throws Exception {
        Set<String> texts = IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> new SigningSecrets(new DataDirectory(data)).text(ID, "salt"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(texts).hasSize(1);
        assertThat(data.toFile().list()).containsExactly("webhooks.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("webhooks.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aLostKeyIsNoticedBeforeAnythingIsSignedWithAnother() throws Exception {
        Endpoint endpoint = endpoint(secrets.fresh(ID, null));
        Files.delete(data.resolve("webhooks.key"));
        assertThatThrownBy(() -> secrets.sign(endpoint, "evt_1", NOW, "{}"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("webhooks.key");
    }

    private static Endpoint endpoint(Endpoint.Signing signing) {
        Endpoint.Wish wish = new Endpoint.Wish("x", URI.create("http://localhost/"), Set.of(EventType.JOB_FAILED));
        return new Endpoint(ID, wish, signing, NOW, NOW);
    }
}
