package dev.rehearse.keys;

import dev.rehearse.web.ApiException;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * What stands at the door of a service that asks nobody for a key: a warning when others than this machine reach it, and a
 * refusal of what a browser sends for another site's page, for a browser runs on this machine. Stateless; any thread.
 */
@Component
final class OpenDoor {
    private static final Logger log = LoggerFactory.getLogger(OpenDoor.class);

    /** Of version 4, or of version 6, which has a colon as no name has. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|.*:.*");

    private final ServerProperties server;
    private final Keys keys;

    OpenDoor(ServerProperties server, Keys keys) {
        this.server = server;
        this.keys = keys;
    }

    /**
     * A page that is not ours says so by {@code Sec-Fetch-Site}; one whose host was made to mean this machine (DNS
     * rebinding) has a host that is neither an address nor localhost.
     *
     * @throws ApiException 403
     */
    void check(HttpServletRequest request) {
        if ("cross-site".equals(request.getHeader("Sec-Fetch-Site"))
                || (isOnlyHere() && !isHere(request.getServerName()))) {
            throw ApiException.forbidden(
                    "foreign_page",
                    "A request for another site's page, or for the host '" + request.getServerName()
                            + "'. Allowed while there is no API key: 'localhost' and addresses.");
        }
    }

    private boolean isOnlyHere() {
        InetAddress address = server.getAddress();
        return address != null && address.isLoopbackAddress();
    }

    private static boolean isHere(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || ADDRESS.matcher(name).matches();
    }

    @EventListener(ApplicationReadyEvent.class)
    void warn() {
        InetAddress address = server.getAddress();
        if (!isOnlyHere() && !keys.areRequired()) {
            log.warn(
                    "Listening on {} WITHOUT API KEYS: whoever reaches it can train, read and delete everything."
                            + " Set rehearse.keys.admin to a secret of 16 characters or more, or server.address to"
                            + " 127.0.0.1.",
                    address == null ? "every address of this machine" : address.getHostAddress());
        }
    }
}
