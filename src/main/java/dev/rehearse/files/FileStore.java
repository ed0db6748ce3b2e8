package dev.rehearse.files;

import dev.rehearse.web.ApiException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** The uploaded files: a row each in the database, and their bytes in a folder. Thread-safe. */
@Component
public final class FileStore {
    private static final Logger log = LoggerFactory.getLogger(FileStore.class);

    private final FileRows rows;
    private final FileFolder folder;
    private final ObjectProvider<FileHold> holds;
    private final TransactionTemplate transaction;
    private final Clock clock;

    FileStore(
            FileRows rows,
            FileFolder folder,
            ObjectProvider<FileHold> holds,
            TransactionTemplate transaction,
            Clock clock) {
        this.rows = rows;
        this.folder = folder;
        this.holds = holds;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** Once this returns, bytes and row are on disk. */
    public StoredFile add(InputStream content, String filename, Purpose purpose, @Nullable Duration lifetime) {
        return add(unfinished -> Files.copy(content, unfinished), filename, purpose, lifetime);
    }

    /** Once this returns, bytes and row are on disk. */
    StoredFile add(FileFolder.Source content, String filename, Purpose purpose, @Nullable Duration lifetime) {
        FileId id = FileId.fresh();
        long bytes = folder.write(id, content);
        Instant now = clock.instant();
        StoredFile file =
                new StoredFile(id, filename, purpose, bytes, now, lifetime == null ? null : now.plus(lifetime));
        rows.insert(file);
        return file;
    }

    public Optional<StoredFile> find(FileId id) {
        return rows.find(id, clock.instant());
    }

    /** Like {@link #find}, and nobody deletes the file before the caller's transaction ends. */
    public Optional<StoredFile> lock(FileId id) {
        return rows.lock(id, clock.instant());
    }

    /** Where the bytes lie; they stay as long as a {@link FileHold} needs them. */
    public Path content(FileId id) {
        return folder.path(id);
    }

    /** @throws ApiException 404 when there is no such file, 400 while it is in use */
    void delete(FileId id) {
        transaction.executeWithoutResult(status -> {
            StoredFile file = rows.lock(id, clock.instant()).orElseThrow(() -> unknown(id));
            holder(file.id()).ifPresent(holder -> {
                throw ApiException.invalid("file_in_use", "id", "The file " + id + " is in use: " + holder);
            });
            rows.markDeleted(id, clock.instant());
        });
        folder.delete(id);
    }

    static ApiException unknown(FileId id) {
        return ApiException.notFound(null, "id", "No such File object: " + id);
    }

    private Optional<String> holder(FileId id) {
        return holds.orderedStream().flatMap(hold -> hold.holder(id).stream()).findFirst();
    }

    /** Deletes the files whose time is over and that nothing needs, and what unfinished uploads left. */
    void sweep() {
        for (FileId id : rows.expired(clock.instant())) {
            boolean removed = Boolean.TRUE.equals(transaction.execute(status -> {
                boolean free =
                        rows.lockExpired(id, clock.instant()) && holder(id).isEmpty();
                if (free) {
                    rows.markDeleted(id, clock.instant());
                }
                return free;
            }));
            if (removed) {
                folder.delete(id);
                log.info("file {} expired", id);
            }
        }
        folder.deleteAbandoned(clock.instant());
    }
}
