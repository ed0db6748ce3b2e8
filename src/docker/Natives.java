import ai.djl.engine.Engine;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.ndarray.NDManager;

/**
 * Unpacks the native libraries into DJL_CACHE_DIR and computes once, so that a build fails where they cannot run and a
 * container starts with a read-only root file system.
 */
final class Natives {
    private Natives() {}

    public static void main(String[] arguments) {
        LibUtils.checkStatus();
        Engine engine = Engine.getEngine("PyTorch");
        try (NDManager manager = engine.newBaseManager()) {
            System.out.println(engine.getEngineName() + " " + engine.getVersion() + ": 1 + 1 = " + manager.create(1f).add(1).getFloat());
        }
    }
}
