package dev.rehearse.training;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.rehearse.networks.InvalidModelException;
import dev.rehearse.networks.NetworkState;
import dev.rehearse.networks.TorchNetwork;
import dev.rehearse.replay.CorruptSnapshot;
import dev.rehearse.replay.ReplayMemory;
import dev.rehearse.replay.ReplaySettings;
import dev.rehearse.replay.ReplaySnapshot;
import dev.rehearse.training.RunState.Identity;
import dev.rehearse.training.RunState.Ranked;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is saved of a run, below its output directory: the newest whole {@code state-<number>} and the checkpoints that it
 * names; whatever else runs leave there is removed. Confined to the run's thread.
 */
final class RunStates {
    /** Raised whenever what is written here changes its meaning. */
    private static final int FORMAT = 1;

    private static final Pattern STATE = Pattern.compile("state-(\\d{1,9})");
    private static final Pattern OURS =
            Pattern.compile("(state|checkpoint|snapshot)-\\d+(\\.part)?|tokenizer(\\.part)?");
    private static final String NUMBERS = "run.json";
    private static final String MEMORY = "replay";
    private static final Gson JSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    private final Path directory;
    private final RunControl control;
    private final Identity identity;
    private @Nullable Saved latest;

    private record Saved(int number, Path folder, RunState state) {
        boolean names(int checkpoint) {
            return state.selected().ranking().stream().anyMatch(ranked -> ranked.step() == checkpoint);
        }
    }

    private RunStates(RunSpec spec, RunControl control) {
        directory = spec.outputDirectory();
        this.control = control;
        identity = new Identity(FORMAT, spec.seed(), Provenance.sha256(spec.data()));
    }

    /** Looks for what a stopped run left; what is damaged or another run's is reported, and passed over. */
    static RunStates open(RunSpec spec, RunControl control) {
        RunStates states = new RunStates(spec, control);
        List<Path> folders = ModelDirectory.entries(states.directory).stream()
                .filter(path -> number(path) >= 0)
                .sorted(Comparator.comparingInt(RunStates::number).reversed())
                .toList();
        for (Path folder : folders) {
            try {
                states.latest = new Saved(number(folder), folder, states.checked(folder));
                break;
            } catch (IOException e) {
                states.warn(e.getMessage());
            }
        }
        states.prune();
        return states;
    }

    private static int number(Path folder) {
        Matcher name = STATE.matcher(folder.getFileName().toString());
        return name.matches() ? Integer.parseInt(name.group(1)) : -1;
    }

    private RunState checked(Path folder) throws IOException {
        SealedFolder.check(folder);
        RunState state;
        try {
            state = Objects.requireNonNull(JSON.fromJson(Files.readString(folder.resolve(NUMBERS)), RunState.class));
        } catch (JsonParseException e) {
            throw new IOException("it is another version's", e);
        }
        if (!identity.equals(state.identity())) {
            throw new IOException("it is another run's, or another version's");
        }
        for (Ranked ranked : state.selected().ranking()) {
            if (!Files.isDirectory(checkpoint(ranked.step()))) {
                throw new IOException("the checkpoint of step " + ranked.step() + " is gone");
            }
        }
        return state;
    }

    private void warn(@Nullable String why) {
        control.report(new Progress.Note(Progress.Level.WARN, "A saved state cannot be used: " + why));
    }

    /** The numbers that the run goes on from; null when it starts from its beginning. */
    @Nullable
    RunState found() {
        Saved saved = latest;
        return saved == null ? null : saved.state();
    }

    Identity identity() {
        return identity;
    }

    /**
     * Puts networks into the state in which they were saved.
     *
     * @throws UnfitState when the saved ones had another form
     */
    void restore(Map<String, TorchNetwork> networks) {
        Saved saved = Objects.requireNonNull(latest);
        try {
            networks.forEach((name, network) -> NetworkState.read(
                    network, file(saved.folder(), name), saved.state().step()));
        } catch (InvalidModelException e) {
            throw new UnfitState(String.valueOf(e.getMessage()), e);
        }
    }

    private static Path file(Path folder, String network) {
        return folder.resolve(network + ".safetensors");
    }

    /**
     * The memory as it was saved.
     *
     * @throws UnfitState when it had other settings
     */
    ReplayMemory memory(ReplaySettings settings, LongSupplier nanoTime) {
        Saved saved = Objects.requireNonNull(latest);
        try {
            return ReplaySnapshot.read(saved.folder().resolve(MEMORY), settings, nanoTime);
        } catch (IOException | CorruptSnapshot | IllegalArgumentException e) {
            throw new UnfitState(String.valueOf(e.getMessage()), e);
        }
    }

    /** Gives up what was found: the run starts from its beginning. */
    void refuse(UnfitState why) {
        latest = null;
        warn(why.getMessage());
        prune();
    }

    /** Saves a new state, then removes the one before and the checkpoints that only that one named. */
    void save(RunContents contents) {
        int step = contents.state().step();
        Saved before = latest;
        int number = before == null ? 1 : before.number() + 1;
        Path folder = directory.resolve("state-" + number);
        try {
            long bytes = SealedFolder.write(folder, unfinished -> write(contents, unfinished));
            latest = new Saved(number, folder, contents.state());
            prune();
            control.report(new Progress.StateSaved(step, bytes));
        } catch (IOException | UncheckedIOException e) {
            control.report(new Progress.StateNotSaved(step, String.valueOf(e.getMessage())));
        }
    }

    private static void write(RunContents contents, Path folder) throws IOException {
        for (Map.Entry<String, TorchNetwork> network : contents.networks().entrySet()) {
            NetworkState.write(network.getValue(), file(folder, network.getKey()));
        }
        ReplayMemory memory = contents.memory();
        if (memory != null) {
            ReplaySnapshot.write(memory, folder.resolve(MEMORY));
        }
        ModelDirectory.writeSynced(folder.resolve(NUMBERS), JSON.toJson(contents.state()));
    }

    /** Where the checkpoint of a step is. */
    Path checkpoint(int step) {
        return directory.resolve("checkpoint-" + step);
    }

    /** Removes an overtaken checkpoint; one that the saved state names stays until a newer state is saved. */
    void release(Checkpoint overtaken) {
        Saved saved = latest;
        if (saved == null || !saved.names(overtaken.step())) {
            ModelDirectory.remove(overtaken.directory());
        }
    }

    private void prune() {
        Set<Path> kept = new HashSet<>();
        Saved saved = latest;
        if (saved != null) {
            kept.add(saved.folder());
            kept.add(StartingModel.tokenizerDirectory(directory));
            saved.state().selected().ranking().forEach(ranked -> kept.add(checkpoint(ranked.step())));
        }
        for (Path entry : ModelDirectory.entries(directory)) {
            if (OURS.matcher(entry.getFileName().toString()).matches() && !kept.contains(entry)) {
                ModelDirectory.remove(entry);
            }
        }
    }
}
