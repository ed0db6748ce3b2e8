package dev.rehearse.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsReaderTest {
    private static SettingsReader reader(String key, Object value) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(key, value);
        return new SettingsReader("", settings);
    }

    @Test
    void absentNullAndAutoMeanTheDefault() {
        assertThat(reader("other", 1).integer("n", 5, 1, 9)).isEqualTo(5);
        assertThat(reader("n", null).integer("n", 5, 1, 9)).isEqualTo(5);
        assertThat(reader("n", "auto").integer("n", 5, 1, 9)).isEqualTo(5);
        assertThat(reader("n", "auto").number("n", 0.5, 0, 1)).isEqualTo(0.5);
        assertThat(reader("n", "auto").flag("n", true)).isTrue();
        assertThat(reader("n", "auto").oneOf("n", "a", List.of("a", "b"))).isEqualTo("a");
        assertThat(reader("n", "auto").switchedOn("n")).isFalse();
    }

    @Test
    void bothEndsOfARangeAreAllowed() {
        assertThat(reader("n", 1).integer("n", 5, 1, 9)).isEqualTo(1);
        assertThat(reader("n", 9.0).integer("n", 5, 1, 9)).isEqualTo(9);
        assertThat(reader("n", 0).number("n", 0.5, 0, 1)).isZero();
    }

    @Test
    void anIntegerIsNoFractionAndNoText() {
        assertThatThrownBy(() -> reader("n", 2.5).integer("n", 5, 1, 9))
                .hasMessage("n is 2.5; allowed: an integer from 1 to 9");
        assertThatThrownBy(() -> reader("n", "2").integer("n", 5, 1, 9)).hasMessageStartingWith("n is 2; allowed: ");
        assertThatThrownBy(() -> reader("n", 10).integer("n", 5, 1, 9)).hasMessageStartingWith("n is 10; allowed: ");
    }

    @Test
    void whatIsNotANumberIsRefused() {
        assertThatThrownBy(() -> reader("x", Double.NaN).number("x", 0, 0, 1)).hasMessageStartingWith("x is NaN");
        assertThatThrownBy(() -> reader("x", true).number("x", 0, 0, 1)).hasMessageStartingWith("x is true");
    }

    @Test
    void choicesAndFlagsListWhatIsAllowed() {
        assertThatThrownBy(() -> reader("k", "c").oneOf("k", "a", List.of("a", "b")))
                .hasMessage("k is c; allowed: a, b");
        assertThatThrownBy(() -> reader("k", 1).flag("k", true)).hasMessage("k is 1; allowed: true or false");
    }

    @Test
    void aNestedRefusalNamesTheWholePath() {
        SettingsReader inner =
                reader("outer", Map.of("inner", Map.of("n", 0))).object("outer").object("inner");
        assertThatThrownBy(() -> inner.integer("n", 5, 1, 9))
                .isInstanceOf(InvalidSettingException.class)
                .extracting(e -> ((InvalidSettingException) e).name())
                .isEqualTo("outer.inner.n");
    }

    @Test
    void aMemberThatIsNullIsAbsent() {
        Map<String, Object> members = new HashMap<>();
        members.put("n", null);
        SettingsReader inner = reader("outer", members).object("outer");
        assertThat(inner.integer("n", 5, 1, 9)).isEqualTo(5);
        inner.refuseUnknown();
    }

    @Test
    void anObjectIsNothingElse() {
        assertThatThrownBy(() -> reader("o", List.of()).object("o")).hasMessage("o is []; allowed: an object");
    }

    @Test
    void aKeyNobodyAskedForIsUnknownAndTheKnownOnesAreListed() {
        SettingsReader reader = reader("gama", 1);
        reader.number("gamma", 1, 0, 1);
        assertThatThrownBy(reader::refuseUnknown)
                .hasMessage("gama is not a setting; known: [gamma]")
                .extracting(e -> ((InvalidSettingException) e).fault())
                .isEqualTo(InvalidSettingException.Fault.UNKNOWN);
    }
}
