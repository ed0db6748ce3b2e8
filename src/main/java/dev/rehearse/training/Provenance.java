package dev.rehearse.training;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Where a model comes from; written beside its weights. Immutable.
 *
 * @param start the blueprint, or the directory's name
 * @param settings every setting the run was given, in words
 * @param dataSha256 of the training examples and the logged episodes, in order
 */
record Provenance(
        String start,
        String method,
        String settings,
        long seed,
        String dataSha256,
        int step,
        Map<String, Double> metrics,
        String version) {

    static Provenance of(RunSpec spec, int step, Map<String, Double> metrics) {
        String start = spec.start() instanceof StartingPoint.Blueprint blueprint
                ? blueprint.name()
                : String.valueOf(((StartingPoint.Directory) spec.start()).path().getFileName());
        String method = spec.method() instanceof Method.Supervised ? "supervised" : "reinforcement";
        String version = Provenance.class.getPackage().getImplementationVersion();
        return new Provenance(
                start,
                method,
                spec.method().toString(),
                spec.seed(),
                sha256(spec.data()),
                step,
                metrics,
                version == null ? "development" : version);
    }

    static String sha256(TrainingData data) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Example example : data.train()) {
                digest.update((example.conversation() + "\n" + example.item() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            for (LoggedEpisode episode : data.logged()) {
                digest.update((episode + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
