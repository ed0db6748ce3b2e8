package dev.rehearse.training;

import java.util.Map;

/** Every setting of supervised training, its default and its range. */
public record SupervisedSettings() {
    static SupervisedSettings parse(Map<String, Object> settings) {
        return new SupervisedSettings();
    }
}
