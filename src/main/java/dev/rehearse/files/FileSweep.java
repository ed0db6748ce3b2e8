package dev.rehearse.files;

import java.util.concurrent.TimeUnit;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Deletes files when their time is over, at most a minute late. Called by one thread. */
@Component
@EnableScheduling
class FileSweep {
    private final FileStore store;

    FileSweep(FileStore store) {
        this.store = store;
    }

    @Scheduled(fixedDelay = 1, timeUnit = TimeUnit.MINUTES)
    void sweep() {
        store.sweep();
    }
}
