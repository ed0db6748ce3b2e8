package dev.rehearse.demo;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Starts the demonstration beside the service once it is ready. Thread-safe. */
@Component
@Profile("demo")
final class Demo {
    private static final Logger log = LoggerFactory.getLogger(Demo.class);

    private final DemoSettings settings;
    private volatile @Nullable Thread thread;

    Demo(DemoSettings settings) {
        this.settings = settings;
    }

    @EventListener
    void start(ApplicationReadyEvent ready) {
        ApplicationContext service = ready.getApplicationContext();
        String port = Objects.requireNonNull(service.getEnvironment().getProperty("local.server.port"));
        Thread started = new Thread(() -> show(service, "http://localhost:" + port), "demo");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /** A service that stops answers no more; nobody wants to read that as a failure. */
    @EventListener
    void stop(ContextClosedEvent closed) {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    private void show(ApplicationContext service, String url) {
        int status = shown(Terminal.standard(), url) ? 0 : 1;
        if (settings.exit()) {
            System.exit(SpringApplication.exit(service, () -> status));
        }
    }

    private boolean shown(Terminal terminal, String url) {
        try {
            new PronunciationDemo(settings, new Client(url), terminal).run();
            return true;
        } catch (DemoFailure e) {
            terminal.line("The demonstration stops here: " + e.getMessage());
            terminal.line("The service goes on at " + url + "/swagger-ui.html");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.error("the demonstration has a bug", e);
        }
        return false;
    }
}
