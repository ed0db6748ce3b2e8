package dev.rehearse.models;

import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.delete;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import dev.rehearse.Databases;
import dev.rehearse.networks.Blueprint;
import dev.rehearse.web.DataDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.json.JsonCompareMode;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

class ModelsControllerTest {
    private static final String TUNED = "ft:gpt2-tiny:acme::1";

    @TempDir
    Path data;

    private MockMvc http;

    @BeforeEach
    void publishOne() throws IOException {
        DataSource database = Databases.emptied(Databases.embedded());
        DataDirectory directory = new DataDirectory(data);
        ModelCatalog catalog = new ModelCatalog(
                new ModelRows(JdbcClient.create(database), directory),
                directory,
                new DefaultListableBeanFactory().getBeanProvider(ModelHold.class));
        Path weights = ModelCatalogTest.modelDirectory(data.resolve("runs/1"));
        catalog.publish(Model.tuned(TUNED, Instant.ofEpochSecond(1_700_000_000), "acme", "gpt2-tiny", weights));
        http = MockMvcBuilders.standaloneSetup(new ModelsController(catalog, new ModelExports(catalog)))
                .build();
    }

    @Test
    void aTunedModelNamesItsParentAndItsContext() throws Exception {
        http.perform(get("/v1/models/{id}", TUNED))
                .andExpect(status().isOk())
                .andExpect(content().json("""
                                {"id":"ft:gpt2-tiny:acme::1","object":"model","created":1700000000,"owned_by":"acme",
                                 "root":"ft:gpt2-tiny:acme::1","parent":"gpt2-tiny","max_model_len":64}""", JsonCompareMode.STRICT));
    }

    @Test
    void aBlueprintIsMarkedUntrained() throws Exception {
        http.perform(get("/v1/models/gpt2-tiny"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.untrained").value(true))
                .andExpect(jsonPath("$.parent").isEmpty());
    }

    @Test
    void listsAllOfThem() throws Exception {
        http.perform(get("/v1/models"))
                .andExpect(status().isOk())
                .andExpect(jsonPath("$.object").value("list"))
                .andExpect(jsonPath("$.data[0].id").value(TUNED))
                .andExpect(jsonPath("$.data[1].id").value("gpt2-tiny"))
                .andExpect(jsonPath("$.data.length()").value(1 + Blueprint.values().length));
    }

    @Test
    void deletingAnswersWithABody() throws Exception {
        http.perform(delete("/v1/models/{id}", TUNED))
                .andExpect(status().isOk())
                .andExpect(content()
                        .json(
                                "{\"id\":\"" + TUNED + "\",\"object\":\"model\",\"deleted\":true}",
                                JsonCompareMode.STRICT));
    }
}
