package dev.rehearse.training;

import dev.rehearse.networks.Architecture;
import dev.rehearse.networks.Trainable;
import java.util.List;
import java.util.Locale;

/**
 * The setting {@code trainable}: {@code {"kind": "all"}}, {@code {"kind": "last_layers", "layers": k}} or
 * {@code {"kind": "lora", "rank", "alpha", "targets"}}. Stateless.
 */
final class TrainableReader {
    private static final String NAME = "trainable";
    private static final String KIND = "kind";
    private static final int RANK = 8;
    private static final double ALPHA_PER_RANK = 2;
    private static final int MOST_LAYERS = 1024;
    private static final int MOST_RANK = 256;

    private TrainableReader() {}

    static Trainable read(SettingsReader settings) {
        SettingsReader own = settings.object(NAME);
        Trainable read = switch (own.oneOf(KIND, "all", List.of("all", "last_layers", "lora"))) {
            case "last_layers" -> new Trainable.LastLayers(own.integer("layers", 1, 1, MOST_LAYERS));
            case "lora" -> lora(own);
            default -> new Trainable.All();
        };
        own.refuseUnknown();
        return read;
    }

    private static Trainable.Lora lora(SettingsReader own) {
        int rank = own.integer("rank", RANK, 1, MOST_RANK);
        String targets = own.oneOf("targets", "all", List.of("attention", "mlp", "all"));
        return new Trainable.Lora(
                rank,
                own.number("alpha", ALPHA_PER_RANK * rank, 1e-3, 1e4),
                Trainable.Targets.valueOf(targets.toUpperCase(Locale.ROOT)));
    }

    /** @throws InvalidSettingException when the setting does not go with what the run starts from */
    static void check(Trainable trainable, StartingPoint start) {
        if (trainable instanceof Trainable.All) {
            return;
        }
        if (start instanceof StartingPoint.Blueprint blueprint) {
            throw new InvalidSettingException(
                    NAME,
                    NAME + " is for models with weights; " + blueprint.name()
                            + " has learned nothing yet that could stay as it is");
        }
        Architecture architecture = Architecture.of(((StartingPoint.Directory) start).path());
        if (trainable instanceof Trainable.Lora lora && !architecture.takes(lora)) {
            throw new InvalidSettingException(
                    NAME,
                    NAME + " is lora; allowed of this model, which has no projections for adapters: all, last_layers");
        }
        if (trainable instanceof Trainable.LastLayers last) {
            int layers = architecture.layers();
            if (last.layers() > layers) {
                String name = NAME + ".layers";
                throw new InvalidSettingException(
                        name, name + " is " + last.layers() + "; allowed: 1 to " + layers + ", the model's layers");
            }
        }
    }
}
