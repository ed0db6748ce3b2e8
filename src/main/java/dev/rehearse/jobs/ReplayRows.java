package dev.rehearse.jobs;

import dev.rehearse.training.Example.Conversation.Chat;
import dev.rehearse.training.InvalidExampleException;
import dev.rehearse.training.LoggedEpisode;
import dev.rehearse.training.LoggedEpisode.End;
import dev.rehearse.training.LoggedEpisode.Teaching;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Replay files, line by line: {@code {"messages": […], "completion": "…", "reward": x}}, or LMRL-Gym's
 * {@code {"sequence": [[text, is_action], …], "reward": […], "done": bool}}, whose actions are read as the assistant's
 * messages and whose other texts are the user's. Thread-safe.
 */
@Component
final class ReplayRows {
    private static final String ALLOWED = "allowed: {\"messages\": […], \"completion\": \"…\", \"reward\": number} or"
            + " {\"sequence\": [[text, is_action], …], \"reward\": [number, …], \"done\": true or false}";
    private static final Set<String> REPLY = Set.of("messages", "completion", "reward", "done", "demonstration");
    private static final Set<String> SEQUENCE = Set.of("sequence", "reward", "done", "demonstration");

    private final Dialogues dialogues;

    ReplayRows(Dialogues dialogues) {
        this.dialogues = dialogues;
    }

    /** @throws InvalidExampleException naming the first line that cannot be learned from */
    List<LoggedEpisode> read(Path file) {
        List<LoggedEpisode> episodes = new ArrayList<>();
        forEach(file, episodes::add);
        return episodes;
    }

    /** Reads the whole file and keeps nothing of it. */
    void check(Path file) {
        forEach(file, episode -> {});
    }

    void forEach(Path file, JsonLines.Sink<LoggedEpisode> sink) {
        JsonLines.read(file, this::episode, sink, "the file has no episodes; " + ALLOWED);
    }

    private LoggedEpisode episode(int line, String text) {
        JsonNode row = TrainingRows.object(line, text);
        if (row.hasNonNull("sequence")) {
            refuseOthers(line, row, SEQUENCE);
            return sequence(line, row);
        }
        if (row.hasNonNull("messages")) {
            refuseOthers(line, row, REPLY);
            return reply(line, row);
        }
        throw new InvalidExampleException(line, "no 'messages', and no 'sequence' either; " + ALLOWED);
    }

    private static void refuseOthers(int line, JsonNode row, Set<String> known) {
        row.properties().forEach(entry -> {
            if (!known.contains(entry.getKey())) {
                throw new InvalidExampleException(line, "'" + entry.getKey() + "' is unknown here; " + ALLOWED);
            }
        });
    }

    private LoggedEpisode reply(int line, JsonNode row) {
        List<Dialogues.Turn> turns = new ArrayList<>(TrainingRows.turns(line, row.get("messages")));
        turns.add(new Dialogues.Turn("assistant", TrainingRows.string(line, "completion", row.get("completion"))));
        double reward = reward(line, "reward", row.get("reward"));
        End end = row.hasNonNull("done") && !flag(line, "done", row.get("done")) ? End.CUT_OFF : End.DONE;
        return new LoggedEpisode(line, dialogue(line, turns), List.of(reward), end, teaching(line, row));
    }

    private LoggedEpisode sequence(int line, JsonNode row) {
        JsonNode sequence = row.get("sequence");
        JsonNode rewards = row.path("reward");
        if (!sequence.isArray() || !rewards.isArray() || sequence.size() != rewards.size()) {
            throw new InvalidExampleException(
                    line,
                    "'sequence' is " + TrainingRows.excerpt(sequence) + " and 'reward' " + TrainingRows.excerpt(rewards)
                            + "; expected two lists of equal length");
        }
        List<Dialogues.Turn> turns = new ArrayList<>();
        List<Double> ofActions = new ArrayList<>();
        for (int i = 0; i < sequence.size(); i++) {
            boolean action = action(line, i, sequence.get(i));
            double reward = reward(line, "reward[" + i + "]", rewards.get(i));
            turns.add(new Dialogues.Turn(
                    action ? "assistant" : "user", sequence.get(i).get(0).stringValue()));
            if (action) {
                ofActions.add(reward);
            } else if (reward != 0) {
                throw new InvalidExampleException(
                        line, "'reward[" + i + "]' is " + reward + " for a text that is no action; allowed: 0");
            }
        }
        if (ofActions.isEmpty()) {
            throw new InvalidExampleException(line, "'sequence' has no action; expected at least one [text, true]");
        }
        End end = flag(line, "done", row.get("done")) ? End.DONE : End.OPEN;
        return new LoggedEpisode(line, dialogue(line, turns), ofActions, end, teaching(line, row));
    }

    private static boolean action(int line, int index, JsonNode part) {
        if (!part.isArray()
                || part.size() != 2
                || !part.get(0).isString()
                || !part.get(1).isBoolean()) {
            throw new InvalidExampleException(
                    line,
                    "'sequence[" + index + "]' is " + TrainingRows.excerpt(part)
                            + "; expected [text, true] for an action or [text, false] for what it answers");
        }
        return part.get(1).booleanValue();
    }

    private Chat dialogue(int line, List<Dialogues.Turn> turns) {
        try {
            return dialogues.of(turns);
        } catch (IllegalArgumentException e) {
            throw new InvalidExampleException(line, Objects.toString(e.getMessage()));
        }
    }

    private static double reward(int line, String path, @Nullable JsonNode value) {
        if (value == null || !value.isNumber() || !Float.isFinite((float) value.doubleValue())) {
            throw new InvalidExampleException(
                    line,
                    "'" + path + "' is " + (value == null ? "missing" : TrainingRows.excerpt(value))
                            + "; expected a finite number");
        }
        return value.doubleValue();
    }

    private static boolean flag(int line, String path, @Nullable JsonNode value) {
        if (value == null || !value.isBoolean()) {
            throw new InvalidExampleException(
                    line,
                    "'" + path + "' is " + (value == null ? "missing" : TrainingRows.excerpt(value))
                            + "; expected true or false");
        }
        return value.booleanValue();
    }

    private static Teaching teaching(int line, JsonNode row) {
        boolean shown = row.hasNonNull("demonstration") && flag(line, "demonstration", row.get("demonstration"));
        return shown ? Teaching.DEMONSTRATION : Teaching.RECORD;
    }
}
