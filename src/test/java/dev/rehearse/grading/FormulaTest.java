package dev.rehearse.grading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormulaTest {
    private static final Map<String, Double> SCORES = Map.of("a", 0.25, "b_2", 0.5, "min", 4.0, "_x", -2.0);

    @ParameterizedTest
    @CsvSource(
            delimiter = '=',
            value = {
                "1 + 2 * 3 = 7",
                "(1 + 2) * 3 = 9",
                "10 - 4 - 3 = 3",
                "16 / 4 / 2 = 2",
                "2 ^ 3 ^ 2 = 512",
                "-2 ^ 2 = -4",
                "(-2) ^ 2 = 4",
                "2 ^ -1 = 0.5",
                "2 * -3 = -6",
                "--3 = 3",
                ".5 + 5. + 1e-1 = 5.6",
                "0.8*a+0.2*b_2 = 0.3",
                "min(3, 1, 2) = 1",
                "max(a) = 0.25",
                "max(1, b_2, a) = 1",
                "min(min, 5) = 4",
                "abs(_x) = 2",
                "floor(-1.5) = -2",
                "ceil(1.2) = 2",
                "sqrt(16) = 4",
                "log(exp(2)) = 2",
                "max(0, min(1, 2 * a + b_2)) = 1"
            })
    void hasTheValueOfArithmetic(String source, double expected) {
        assertEquals(expected, formula(source).evaluate(SCORES), 1e-12);
    }

    @Test
    void knowsWhichNamesItUses() {
        assertEquals(Set.of("a", "_x"), formula("a + max(_x, a)").variables());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a + | 3",
                "a b_2 | 2",
                "(a | 2",
                "a) | 1",
                "* a | 0",
                "a + unknown | 4",
                "pow(a, 2) | 0",
                "abs(a, a) | 0",
                "min() | 4",
                "1..2 | 2",
                "a ** 2 | 3",
                "a % 2 | 2",
                "1e999 | 0",
                "+a | 0",
                "a; exit | 1",
                "𝒜 | 0",
                "'' | 0"
            })
    void refusesWhatIsNoFormulaAndSaysWhere(String source, int position) {
        String message = assertThrows(IllegalArgumentException.class, () -> formula(source))
                .getMessage();
        assertTrue(message.contains(" at position " + position + ";"), message);
    }

    @Test
    void namesAnUnknownVariableAndThoseThereAre() {
        assertEquals(
                "calculate_output: 'c' is unknown at position 4; expected the names of graders, [a]",
                assertThrows(IllegalArgumentException.class, () -> Formula.parse("a + c", Set.of("a")))
                        .getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 / 0",
                "0 / 0",
                "log(0)",
                "log(-1)",
                "sqrt(-1)",
                "exp(1000)",
                "10 ^ 1000",
                "(-8) ^ (1/3)",
                "min(1, 1/0)"
            })
    void failsWhereAnyStepIsNotFinite(String source) {
        assertThrows(FormulaNotFinite.class, () -> formula(source).evaluate(SCORES));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "-", "abs(", "1^", "2^-"})
    void refusesDeepNestingInsteadOfOverflowingTheStack(String nested) {
        String repeated = nested.repeat(Formula.MAX_LENGTH / nested.length() - 1) + "1";
        String message = assertThrows(IllegalArgumentException.class, () -> formula(repeated))
                .getMessage();
        assertTrue(message.contains("nested more than 64 deep"), message);
    }

    @Test
    void refusesTenThousandParentheses() {
        String source = "(".repeat(10_000) + "1" + ")".repeat(10_000);
        assertThrows(IllegalArgumentException.class, () -> formula(source));
    }

    @Test
    void evaluatesTheLongestChain() {
        assertEquals(
                Formula.MAX_LENGTH / 2,
                formula("1+".repeat(Formula.MAX_LENGTH / 2 - 1) + "1").evaluate(SCORES),
                0);
    }

    @Test
    void answersRandomTextWithAFormulaOrAnIllegalArgument() {
        SplittableRandom random = new SplittableRandom(17);
        String alphabet = "ab_2(),+-*/^.1e minaxsqrt";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder source = new StringBuilder();
            random.ints(random.nextInt(12), 0, alphabet.length()).forEach(i -> source.append(alphabet.charAt(i)));
            try {
                assertTrue(Double.isFinite(formula(source.toString()).evaluate(SCORES)));
            } catch (IllegalArgumentException | FormulaNotFinite e) {
                assertTrue(e.getMessage().startsWith("calculate_output"), e::getMessage);
            }
        }
    }

    private static Formula formula(String source) {
        return Formula.parse(source, SCORES.keySet());
    }
}
