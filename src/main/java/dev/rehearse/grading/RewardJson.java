package dev.rehearse.grading;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What goes to a reward server and comes back; the forms are at {@link HttpGrader}. Stateless. */
final class RewardJson {
    private static final Gson JSON = new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setStrictness(Strictness.STRICT)
            .create();

    private RewardJson() {}

    static String request(HttpGrader grader, List<Subject> subjects) {
        JsonObject body = new JsonObject();
        if (grader.batch() == 1) {
            put(body, subjects.get(0));
        } else {
            JsonArray items = new JsonArray();
            for (Subject subject : subjects) {
                JsonObject item = new JsonObject();
                put(item, subject);
                items.add(item);
            }
            body.add("items", items);
        }
        Subject.Moment moment = subjects.get(0).moment();
        if (moment.totalSteps() > 0) {
            body.addProperty("step", moment.step());
            body.addProperty("total_steps", moment.totalSteps());
        }
        return JSON.toJson(body);
    }

    private static void put(JsonObject into, Subject subject) {
        JsonObject sample = new JsonObject();
        sample.addProperty("output_text", subject.sample().outputText());
        JsonElement json = outputJson(subject.sample());
        if (json != null) {
            sample.add("output_json", json);
        }
        into.add("sample", sample);
        into.add("item", JSON.toJsonTree(subject.item()));
    }

    private static @Nullable JsonElement outputJson(Sample sample) {
        try {
            return JSON.toJsonTree(sample.outputJson());
        } catch (SampleNotJson e) {
            return null;
        }
    }

    /**
     * One number per subject, NaN for a null.
     *
     * @throws IllegalArgumentException saying what the answer is instead
     */
    static double[] rewards(String answer, HttpGrader grader, int count) {
        JsonObject body = object(answer);
        if (grader.batch() == 1) {
            return new double[] {reward(body.get("reward"), answer)};
        }
        JsonElement rewards = body.get("rewards");
        if (rewards == null
                || !rewards.isJsonArray()
                || rewards.getAsJsonArray().size() != count) {
            throw new IllegalArgumentException(
                    Template.excerpt(answer) + "; expected {\"rewards\": [" + count + " numbers]}");
        }
        return rewards.getAsJsonArray().asList().stream()
                .mapToDouble(reward -> reward(reward, answer))
                .toArray();
    }

    private static JsonObject object(String answer) {
        try {
            JsonElement json = JSON.fromJson(answer, JsonElement.class);
            if (json != null && json.isJsonObject()) {
                return json.getAsJsonObject();
            }
        } catch (JsonParseException e) {
            // said below
        }
        throw new IllegalArgumentException(Template.excerpt(answer) + "; expected a JSON object");
    }

    private static double reward(@Nullable JsonElement reward, String answer) {
        if (reward != null && reward.isJsonNull()) {
            return Double.NaN;
        }
        if (reward == null
                || !reward.isJsonPrimitive()
                || !reward.getAsJsonPrimitive().isNumber()
                || !Double.isFinite(reward.getAsDouble())) {
            throw new IllegalArgumentException(Template.excerpt(answer) + "; expected a finite number for each reply");
        }
        return reward.getAsDouble();
    }
}
