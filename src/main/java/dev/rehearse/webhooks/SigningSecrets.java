package dev.rehearse.webhooks;

import dev.rehearse.web.DataDirectory;
import dev.rehearse.web.FreshId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The secrets that deliveries are signed with, as Standard Webhooks has it. None is stored: each is computed from a salt
 * in the database and the key in {@code <data-dir>/webhooks.key}, so that neither of the two gives one away. Thread-safe.
 */
@Component
final class SigningSecrets {
    private static final String PREFIX = "whsec_";
    private static final String HMAC = "HmacSHA256";
    private static final int KEY_BYTES = 32;
    private static final int HINT = 4;

    private final Path file;

    SigningSecrets(DataDirectory data) {
        this.file = data.dataDir().resolve("webhooks.key");
    }

    /** A new secret's; its text is {@link #text}. */
    Endpoint.Signing fresh(EndpointId endpoint, Endpoint.@Nullable Former former) {
        String salt = FreshId.withPrefix("");
        return new Endpoint.Signing(salt, hint(text(endpoint, salt)), former);
    }

    /** {@code whsec_…}, as its owner gets to see it once. */
    String text(EndpointId endpoint, String salt) {
        byte[] secret = hmac(key(), endpoint.value() + '.' + salt);
        return PREFIX + Base64.getEncoder().encodeToString(secret);
    }

    /**
     * The value of {@code webhook-signature}: one signature, or two while the secret before still counts.
     *
     * @throws IllegalStateException when the key is not the one that the secret was made with
     */
    String sign(Endpoint endpoint, String id, Instant now, String body) {
        Endpoint.Signing signing = endpoint.signing();
        if (!hint(text(endpoint.id(), signing.salt())).equals(signing.hint())) {
            throw new IllegalStateException(
                    file.getFileName() + " is not what the secret was made with; rotate the endpoint's secret");
        }
        String content = id + '.' + now.getEpochSecond() + '.' + body;
        String signatures = signature(endpoint.id(), signing.salt(), content);
        Endpoint.Former former = signing.former();
        return former == null || now.isAfter(former.until())
                ? signatures
                : signatures + ' ' + signature(endpoint.id(), former.salt(), content);
    }

    private String signature(EndpointId endpoint, String salt, String content) {
        byte[] secret = Base64.getDecoder().decode(text(endpoint, salt).substring(PREFIX.length()));
        return "v1," + Base64.getEncoder().encodeToString(hmac(secret, content));
    }

    private static String hint(String text) {
        return text.substring(text.length() - HINT);
    }

    private static byte[] hmac(byte[] key, String content) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return mac.doFinal(content.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + HMAC, e);
        }
    }

    /** Made when it is first needed, by whichever replica is first. */
    private byte[] key() {
        try {
            if (!Files.exists(file)) {
                create();
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void create() throws IOException {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        Path unfinished = file.resolveSibling(FreshId.withPrefix(".webhooks.key."));
        try {
            try (FileChannel channel = FileChannel.open(
                    unfinished, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownersOnly())) {
                channel.write(ByteBuffer.wrap(key));
                channel.force(true);
            }
            Files.createLink(file, unfinished);
        } catch (FileAlreadyExistsException e) {
            // another replica's, which is as good
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private FileAttribute<?>[] ownersOnly() {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
