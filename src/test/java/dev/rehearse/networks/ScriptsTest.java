package dev.rehearse.networks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScriptsTest {
    private PtNDManager manager;
    private Scripts scripts;

    @BeforeEach
    void open() {
        manager = (PtNDManager) NDManager.newBaseManager("PyTorch");
        scripts = new Scripts(manager);
    }

    @AfterEach
    void close() {
        scripts.close();
        manager.close();
    }

    private Script td(double alpha) {
        return scripts.open("td", "Td", new SoftQLoss(alpha, 0, 1, 0, 0).scriptAttributes());
    }

    /** Halfway from 1 to 3. */
    private float blended(Script adamw) {
        try (PtNDArray one = (PtNDArray) manager.create(1f);
                PtNDArray three = (PtNDArray) manager.create(3f);
                IValue to = Weights.list(List.of(one));
                IValue from = Weights.list(List.of(three));
                IValue share = IValue.from(0.5)) {
            adamw.infer("blend", to, from, share).close();
            return one.getFloat();
        }
    }

    @Test
    void equalScriptsAreCompiledOnceAndLiveUntilTheLastIsClosed() {
        Script first = scripts.open("adamw", "AdamW", AdamW.SETTINGS);
        Script second = scripts.open("adamw", "AdamW", AdamW.SETTINGS);
        assertEquals(1, scripts.size());
        first.close();
        assertEquals(2, blended(second));
        second.close();
        assertEquals(2, blended(scripts.open("adamw", "AdamW", AdamW.SETTINGS)));
        assertEquals(1, scripts.size());
    }

    @Test
    void whoClosesTwiceLeavesOthersTheirs() {
        Script first = scripts.open("adamw", "AdamW", AdamW.SETTINGS);
        Script second = scripts.open("adamw", "AdamW", AdamW.SETTINGS);
        first.close();
        first.close();
        for (int i = 0; i < Scripts.MOST_KEPT; i++) {
            td(1 + i).close();
        }
        assertEquals(2, blended(second));
    }

    @Test
    void otherSettingsAreAnotherScript() {
        td(1).close();
        td(2).close();
        assertEquals(2, scripts.size());
    }

    @Test
    void ofThoseThatNobodyUsesTheLastAreKept() {
        Script used = scripts.open("adamw", "AdamW", AdamW.SETTINGS);
        for (int i = 0; i < Scripts.MOST_KEPT + 3; i++) {
            td(1 + i).close();
        }
        assertEquals(Scripts.MOST_KEPT, scripts.size());
        assertEquals(2, blended(used));
        td(Scripts.MOST_KEPT + 3).close();
        assertEquals(Scripts.MOST_KEPT, scripts.size());
    }

    @Test
    void noneInUseIsFreedHoweverMany() {
        Script[] used = new Script[Scripts.MOST_KEPT + 3];
        for (int i = 0; i < used.length; i++) {
            used[i] = td(1 + i);
        }
        assertEquals(used.length, scripts.size());
        for (Script script : used) {
            script.close();
        }
        assertEquals(Scripts.MOST_KEPT, scripts.size());
    }

    @Test
    void oneThatDoesNotCompileIsNotKept() {
        assertThrows(RuntimeException.class, () -> scripts.open("td", "Td", Map.of()));
        assertEquals(0, scripts.size());
    }
}
