package dev.rehearse.training;

import dev.rehearse.qlearning.Hyperparameter;
import dev.rehearse.training.InvalidSettingException.Fault;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON object of settings key by key; what was never asked for is unknown. Absent, null and "auto" mean the
 * default. Confined to one thread.
 */
final class SettingsReader {
    private final String path;
    private final Map<String, Object> values;
    private final Set<String> known = new HashSet<>();

    SettingsReader(String path, Map<String, Object> values) {
        this.path = path;
        this.values = new HashMap<>(values);
    }

    private @Nullable Object value(String key) {
        known.add(key);
        Object value = values.get(key);
        return "auto".equals(value) ? null : value;
    }

    private String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    boolean has(String key) {
        return value(key) != null;
    }

    double number(String key, double absent, double least, double most) {
        Object value = value(key);
        if (value == null) {
            return absent;
        }
        String allowed = "a number from " + least + " to " + most;
        if (!(value instanceof Number number)) {
            throw wrongType(key, value, allowed);
        }
        if (number.doubleValue() >= least && number.doubleValue() <= most) {
            return number.doubleValue();
        }
        throw notAllowed(key, value, allowed);
    }

    int integer(String key, int absent, int least, int most) {
        Object value = value(key);
        if (value == null) {
            return absent;
        }
        String allowed = "an integer from " + least + " to " + most;
        if (!(value instanceof Number number) || number.doubleValue() != Math.rint(number.doubleValue())) {
            throw wrongType(key, value, allowed);
        }
        if (number.doubleValue() >= least && number.doubleValue() <= most) {
            return number.intValue();
        }
        throw notAllowed(key, value, allowed);
    }

    double number(RunSetting setting) {
        return number(setting.wireName(), setting.usual(), setting.least(), setting.most());
    }

    int integer(RunSetting setting) {
        return integer(setting.wireName(), (int) setting.usual(), (int) setting.least(), (int) setting.most());
    }

    boolean flag(Option option) {
        return flag(option.wireName(), option.isUsuallyOn());
    }

    /** @param key of the option in this object */
    String oneOf(String key, Option option) {
        return oneOf(key, option.usual(), option.allowed());
    }

    boolean flag(String key, boolean absent) {
        Object value = value(key);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrongType(key, value, "true or false");
    }

    String oneOf(String key, String absent, List<String> allowed) {
        Object value = value(key);
        if (value == null) {
            return absent;
        }
        if (!(value instanceof String text)) {
            throw wrongType(key, value, String.join(", ", allowed));
        }
        if (allowed.contains(text)) {
            return text;
        }
        throw notAllowed(key, value, String.join(", ", allowed));
    }

    /** The members of a nested object; empty when absent. */
    SettingsReader object(String key) {
        Object value = value(key);
        if (value == null) {
            return new SettingsReader(name(key), Map.of());
        }
        if (value instanceof Map<?, ?> members) {
            Map<String, Object> copied = new HashMap<>();
            members.forEach((member, content) -> {
                if (content != null) {
                    copied.put(String.valueOf(member), content);
                }
            });
            return new SettingsReader(name(key), copied);
        }
        throw wrongType(key, value, "an object");
    }

    /** Whether an optional group of settings is asked for: an object, or {@code true}; {@code false} turns it off. */
    boolean switchedOn(String key) {
        Object value = value(key);
        if (value instanceof Boolean flag) {
            values.remove(key);
            return flag;
        }
        return value != null;
    }

    /** The value of a hyperparameter, when it is given. */
    Optional<Double> hyperparameter(Hyperparameter parameter, String key) {
        Object value = value(key);
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof Number number)) {
            throw wrongType(key, value, parameter.allowed());
        }
        try {
            return Optional.of(parameter.check(number.doubleValue()));
        } catch (IllegalArgumentException e) {
            throw notAllowed(key, value, parameter.allowed());
        }
    }

    /** Refuses the first key that nothing above asked for. */
    void refuseUnknown() {
        for (String key : values.keySet()) {
            if (!known.contains(key) && !key.startsWith("x_")) {
                throw InvalidSettingException.unknown(
                        name(key), known.stream().sorted().toList());
            }
        }
    }

    private InvalidSettingException wrongType(String key, Object value, String allowed) {
        return refusal(key, value, allowed, Fault.WRONG_TYPE);
    }

    private InvalidSettingException notAllowed(String key, Object value, String allowed) {
        return refusal(key, value, allowed, Fault.NOT_ALLOWED);
    }

    private InvalidSettingException refusal(String key, Object value, String allowed, Fault fault) {
        return new InvalidSettingException(name(key), name(key) + " is " + value + "; allowed: " + allowed, fault);
    }
}
