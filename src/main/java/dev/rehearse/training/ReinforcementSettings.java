package dev.rehearse.training;

import java.util.Map;

/** Every setting of reinforcement, its default and its range. */
public record ReinforcementSettings() {
    static ReinforcementSettings parse(Map<String, Object> settings) {
        return new ReinforcementSettings();
    }
}
