package dev.rehearse.keys;

import java.net.InetAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says so when others than this machine reach a service that asks nobody for a key. Stateless; any thread. */
@Component
final class OpenDoor {
    private static final Logger log = LoggerFactory.getLogger(OpenDoor.class);

    private final ServerProperties server;
    private final Keys keys;

    OpenDoor(ServerProperties server, Keys keys) {
        this.server = server;
        this.keys = keys;
    }

    @EventListener(ApplicationReadyEvent.class)
    void warn() {
        InetAddress address = server.getAddress();
        boolean onlyHere = address != null && address.isLoopbackAddress();
        if (!onlyHere && !keys.areRequired()) {
            log.warn(
                    "Listening on {} WITHOUT API KEYS: whoever reaches it can train, read and delete everything."
                            + " Set rehearse.keys.admin to a secret of 16 characters or more, or server.address to"
                            + " 127.0.0.1.",
                    address == null ? "every address of this machine" : address.getHostAddress());
        }
    }
}
