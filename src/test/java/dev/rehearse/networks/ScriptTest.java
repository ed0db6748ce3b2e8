package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScriptTest {
    private static final Map<String, Object> NETWORK =
            Map.of("compute", 6, "dropout", 0.0, "lora_scale", 0.0, "share_trunk", true);

    @Test
    void everyScriptLoads() {
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager("PyTorch")) {
            for (Architecture architecture : List.of(
                    Gpt2.of(16, 8, 8, 1, 2),
                    Llama.of(16, 8, 8, 1, 2, 1),
                    new LstmSeq2Seq(16, 8, 8, 1, true),
                    new ConvSeq2Seq(16, 8, 8, 1, 1, 3))) {
                Map<String, Object> attributes = new HashMap<>(architecture.scriptAttributes());
                attributes.putAll(NETWORK);
                attributes.putAll(Heads.valueOnly().scriptAttributes());
                Architecture.ScriptName name = architecture.script();
                Script.load(manager, name.resource(), name.type(), attributes).close();
            }
            Script.load(manager, "td", "Td", new SoftQLoss(1, 0, 1, 0, 0).scriptAttributes())
                    .close();
            Script.load(manager, "sampling", "Sampling", Map.of()).close();
            Script.load(manager, "guidance", "Guidance", Map.of("estimates", "v_q", "support_mask", 0.1))
                    .close();
            Script.load(manager, "timing", "Timing", Map.of()).close();
            Script.load(manager, "adamw", "AdamW", AdamW.SETTINGS).close();
        }
    }

    @Test
    void aMissingAttributeFailsAtLoading() {
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager("PyTorch")) {
            assertThrows(EngineException.class, () -> Script.load(manager, "gpt2", "Gpt2", NETWORK));
        }
    }
}
