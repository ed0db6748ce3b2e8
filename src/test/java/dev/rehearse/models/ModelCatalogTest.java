package dev.rehearse.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rehearse.Databases;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.web.ApiException;
import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;

class ModelCatalogTest {
    private static final Instant CREATED = Instant.parse("2026-11-23T10:00:00.123456Z");

    abstract static class OnAnyDatabase {
        @TempDir
        Path data;

        private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        private ModelCatalog catalog;

        abstract DataSource database();

        @BeforeEach
        void migrate() {
            Databases.emptied(database());
            catalog = catalogOver(data);
        }

        private ModelCatalog catalogOver(Path folder) {
            DataDirectory directory = new DataDirectory(folder);
            ModelRows rows = new ModelRows(JdbcClient.create(database()), directory);
            return new ModelCatalog(rows, directory, beans.getBeanProvider(ModelHold.class));
        }

        private Model published(String id) throws IOException {
            Path directory = modelDirectory(data.resolve("runs").resolve(id.replace(':', '_')));
            Model model = Model.tuned(id, CREATED, "acme", "gpt2-tiny", directory);
            catalog.publish(model);
            return model;
        }

        @Test
        void aPublishedModelIsFoundAsItWas() throws IOException {
            Model model = published("ft:gpt2-tiny:acme::1");
            assertThat(catalog.require(model.id())).isEqualTo(model);
            assertThat(model.contextLength()).isEqualTo(64);
        }

        @Test
        void publishingAgainChangesNothing() throws IOException {
            Model model = published("ft:a:b::1");
            catalog.publish(model);
            assertThat(catalog.list())
                    .filteredOn(m -> m.id().equals(model.id()))
                    .hasSize(1);
        }

        @Test
        void aMovedDataFolderKeepsItsModels() throws IOException {
            published("ft:a:b::1");
            Path moved = data.resolveSibling(data.getFileName() + "-moved");
            Files.move(data, moved);
            Files.createDirectory(data);
            assertThat(catalogOver(moved).require("ft:a:b::1").directory()).isEqualTo(moved.resolve("runs/ft_a_b__1"));
            ModelDirectory.delete(moved);
        }

        @Test
        void aFolderUnderModelsIsABaseModelAtOnce() throws IOException {
            assertThat(catalog.find("mine")).isEmpty();
            Path directory = modelDirectory(data.resolve("models/mine"));
            Model base = catalog.require("mine");
            assertThat(base.kind()).isEqualTo(Model.Kind.BASE);
            assertThat(base.directory()).isEqualTo(directory);
            assertThat(catalog.list()).contains(base);
        }

        @Test
        void listsTunedThenBaseThenBlueprints() throws IOException {
            published("ft:a:b::1");
            modelDirectory(data.resolve("models/mine"));
            modelDirectory(data.resolve("models/.incoming"));
            Files.createDirectories(data.resolve("models/empty"));
            List<String> expected = new ArrayList<>(List.of("ft:a:b::1", "mine"));
            Arrays.stream(Blueprint.values()).map(Blueprint::id).forEach(expected::add);
            assertThat(catalog.list()).extracting(Model::id).containsExactlyElementsOf(expected);
        }

        @Test
        void aPathIsNotAModelName() throws IOException {
            modelDirectory(data.resolve("secret"));
            modelDirectory(data.resolve("models/mine"));
            for (String id : List.of("../secret", "..", ".", "", "mine/", "\0", "./mine", "..\\secret", "\ud800")) {
                assertThat(catalog.find(id)).as(id).isEmpty();
            }
        }

        @Test
        void deletingRemovesRowAndDirectory() throws IOException {
            Model model = published("ft:a:b::1");
            catalog.delete(model.id());
            assertThat(catalog.find(model.id())).isEmpty();
            assertThat(model.directory()).doesNotExist();
        }

        @Test
        void aModelInUseIsNotDeleted() throws IOException {
            Model model = published("ft:a:b::1");
            beans.registerSingleton("hold", (ModelHold) id -> Optional.of("a job starts from it"));
            refuses(model.id(), HttpStatus.BAD_REQUEST, "a job starts from it");
            assertThat(catalog.find(model.id())).isPresent();
            assertThat(model.directory()).exists();
        }

        @Test
        void onlyTunedModelsCanBeDeleted() throws IOException {
            modelDirectory(data.resolve("models/mine"));
            refuses("mine", HttpStatus.FORBIDDEN, "'mine'");
            refuses("gpt2-tiny", HttpStatus.FORBIDDEN, "'gpt2-tiny'");
            refuses("nobody", HttpStatus.NOT_FOUND, "'nobody'");
        }

        @Test
        void publishingWithoutADirectoryIsRefused() {
            Model model = Model.tuned("ft:a:b::1", CREATED, "acme", "gpt2-tiny", data.resolve("nowhere"));
            assertThatThrownBy(() -> catalog.publish(model))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("nowhere");
        }

        private void refuses(String id, HttpStatus status, String words) {
            assertThatThrownBy(() -> catalog.delete(id))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(status))
                    .hasMessageContaining(words);
        }
    }

    @Nested
    class OnTheEmbeddedDatabase extends OnAnyDatabase {
        @Override
        DataSource database() {
            return Databases.embedded();
        }
    }

    @Nested
    class OnPostgres extends OnAnyDatabase {
        @Override
        DataSource database() {
            return Databases.postgres();
        }
    }

    static Path modelDirectory(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("config.json"), "{\"model_type\":\"gpt2\",\"n_positions\":64}");
        return directory;
    }
}
