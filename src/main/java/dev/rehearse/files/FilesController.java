package dev.rehearse.files;

import dev.rehearse.web.ApiException;
import dev.rehearse.web.Listing;
import dev.rehearse.web.MarkedListing;
import dev.rehearse.web.PageQuery;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.media.SchemaProperty;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRange;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** {@code /v1/files}. Stateless; any thread. */
@Tag(name = "Files", description = "Training and validation data: JSON Lines, one example a line")
@RestController
@RequestMapping("/v1/files")
final class FilesController {
    private static final int LONGEST_NAME = 255;
    private static final int MOST = 10_000;
    private static final long SHORTEST_LIFE_SECONDS = 3_600;
    private static final long LONGEST_LIFE_SECONDS = 2_592_000;

    private final FileStore store;
    private final FileRows rows;
    private final FileSettings settings;
    private final Clock clock;

    FilesController(FileStore store, FileRows rows, FileSettings settings, Clock clock) {
        this.store = store;
        this.rows = rows;
        this.settings = settings;
        this.clock = clock;
    }

    @Operation(
            summary = "Upload a file",
            description = "`purpose` is `fine-tune` for data that jobs read; such a file is named `….jsonl`.",
            requestBody =
                    @RequestBody(
                            required = true,
                            content =
                                    @Content(
                                            mediaType = MediaType.MULTIPART_FORM_DATA_VALUE,
                                            schema =
                                                    @Schema(
                                                            type = "object",
                                                            requiredProperties = {"file", "purpose"}),
                                            schemaProperties = {
                                                @SchemaProperty(
                                                        name = "file",
                                                        schema = @Schema(type = "string", format = "binary")),
                                                @SchemaProperty(
                                                        name = "purpose",
                                                        schema =
                                                                @Schema(
                                                                        type = "string",
                                                                        allowableValues = {"fine-tune", "evals"})),
                                                @SchemaProperty(
                                                        name = "expires_after[anchor]",
                                                        schema =
                                                                @Schema(
                                                                        type = "string",
                                                                        allowableValues = "created_at")),
                                                @SchemaProperty(
                                                        name = "expires_after[seconds]",
                                                        schema =
                                                                @Schema(
                                                                        type = "integer",
                                                                        minimum = "" + SHORTEST_LIFE_SECONDS,
                                                                        maximum = "" + LONGEST_LIFE_SECONDS))
                                            })))
    @PostMapping(consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
    FileObject upload(
            @Parameter(hidden = true) @RequestParam MultipartFile file,
            @Parameter(hidden = true) @RequestParam String purpose,
            @Parameter(hidden = true) @RequestParam(name = "expires_after[anchor]", required = false) @Nullable
                    String anchor,
            @Parameter(hidden = true) @RequestParam(name = "expires_after[seconds]", required = false) @Nullable
                    Long seconds) {
        Purpose meant = Purpose.ofUpload(purpose);
        String name = filename(file, meant);
        Duration lifetime = lifetime(anchor, seconds);
        if (file.isEmpty()) {
            throw ApiException.invalid("invalid_value", "file", "The file '" + name + "' is empty.");
        }
        if (file.getSize() > settings.maxSize().toBytes()) {
            throw ApiException.tooLarge(
                    "file",
                    "The file has " + file.getSize() + " bytes. Allowed: "
                            + settings.maxSize().toBytes() + ".");
        }
        return FileObject.of(store.add(unfinished -> file.transferTo(unfinished.toFile()), name, meant, lifetime));
    }

    @Operation(summary = "List files")
    @GetMapping
    MarkedListing<FileObject> list(
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(defaultValue = "desc") String order,
            @RequestParam(required = false) @Nullable String purpose) {
        PageQuery page = PageQuery.of(after, limit, MOST, MOST);
        Purpose only = purpose == null || purpose.isEmpty() ? null : Purpose.of(purpose);
        var found = rows.list(page, order(order), only, clock.instant());
        return MarkedListing.of(Listing.of(found, page.limit(), FileObject::of), FileObject::id);
    }

    @Operation(summary = "Look at a file")
    @GetMapping("/{id}")
    FileObject get(@PathVariable FileId id) {
        return FileObject.of(store.find(id).orElseThrow(() -> FileStore.unknown(id)));
    }

    @Operation(summary = "Delete a file", description = "Refused while a job that has not ended needs it.")
    @DeleteMapping("/{id}")
    FileObject.Deleted delete(@PathVariable FileId id) {
        store.delete(id);
        return new FileObject.Deleted(id.value(), "file", true);
    }

    @Operation(summary = "Download a file", description = "Or parts of it: a `Range` header is honoured.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_OCTET_STREAM_VALUE,
                            schema = @Schema(type = "string", format = "binary")))
    @GetMapping("/{id}/content")
    ResponseEntity<Resource> content(
            @PathVariable FileId id,
            @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.RANGE, required = false) @Nullable
                    String range) {
        StoredFile file = store.find(id).orElseThrow(() -> FileStore.unknown(id));
        Resource content = new FileSystemResource(store.content(id));
        requireWithin(range, content, file.bytes());
        ContentDisposition disposition = ContentDisposition.attachment()
                .filename(file.filename(), StandardCharsets.UTF_8)
                .build();
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .header(HttpHeaders.CONTENT_DISPOSITION, disposition.toString())
                .body(content);
    }

    /** Spring cuts the ranges out, but refuses those that cannot be with an answer that is empty. */
    private static void requireWithin(@Nullable String range, Resource content, long bytes) {
        try {
            HttpRange.toResourceRegions(HttpRange.parseRanges(range), content);
        } catch (IllegalArgumentException e) {
            throw ApiException.noSuchRange(
                    "Invalid Range '" + range + "': " + e.getMessage() + ". The file has " + bytes + " bytes.", bytes);
        }
    }

    /** Without the folders that some clients put before it. */
    private static String filename(MultipartFile file, Purpose purpose) {
        String given = Objects.requireNonNullElse(file.getOriginalFilename(), "");
        String name = given.substring(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
        if (name.isBlank() || name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw ApiException.invalid(
                    "invalid_value",
                    "file",
                    "The file needs a name of 1 to " + LONGEST_NAME + " printable characters.");
        }
        if (purpose == Purpose.FINE_TUNE && !name.toLowerCase(Locale.ROOT).endsWith(".jsonl")) {
            throw ApiException.invalid(
                    "invalid_value", "file", "Invalid file name '" + name + "'. A fine-tune file ends in .jsonl.");
        }
        return name;
    }

    private static @Nullable Duration lifetime(@Nullable String anchor, @Nullable Long seconds) {
        if (anchor == null && seconds == null) {
            return null;
        }
        if (!"created_at".equals(anchor)) {
            throw ApiException.invalid(
                    "invalid_value", "expires_after.anchor", "Invalid anchor '" + anchor + "'. Supported: created_at.");
        }
        if (seconds == null || seconds < SHORTEST_LIFE_SECONDS || seconds > LONGEST_LIFE_SECONDS) {
            throw ApiException.invalid(
                    "invalid_value",
                    "expires_after.seconds",
                    "Invalid seconds " + seconds + ". Allowed: " + SHORTEST_LIFE_SECONDS + " to " + LONGEST_LIFE_SECONDS
                            + ".");
        }
        return Duration.ofSeconds(seconds);
    }

    private static FileRows.Order order(String order) {
        return switch (order) {
            case "asc" -> FileRows.Order.ASC;
            case "desc" -> FileRows.Order.DESC;
            default ->
                throw ApiException.invalid(
                        "invalid_value", "order", "Invalid 'order': '" + order + "'. Supported values: asc, desc.");
        };
    }
}
