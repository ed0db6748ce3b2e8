package dev.rehearse.grading;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A multi grader's {@code calculate_output}: numbers, the graders' names, {@code + - * / ^}, unary minus, parentheses,
 * and {@code min max abs floor ceil exp sqrt log} (natural; {@code min} and {@code max} of one or more).
 *
 * <p>{@code ^} binds tightest and to the right: {@code 2^3^2 = 512}, {@code -2^2 = -4}, {@code 2^-1 = 0.5}.
 *
 * <p>Immutable.
 */
public final class Formula {
    /** Characters. It also bounds how deep evaluation recurses into a chain such as {@code 1+1+1+…}. */
    public static final int MAX_LENGTH = 2_000;

    /** Parentheses, calls, minus signs and powers inside each other. */
    public static final int MAX_DEPTH = 64;

    private final String source;
    private final Expression expression;
    private final Set<String> variables;

    private Formula(String source, Expression expression, Set<String> variables) {
        this.source = source;
        this.expression = expression;
        this.variables = Set.copyOf(variables);
    }

    /**
     * Reads a formula that may use these names.
     *
     * @throws IllegalArgumentException with the position, if it is not a formula, uses another name, or passes
     *     {@link #MAX_LENGTH} or {@link #MAX_DEPTH}
     */
    public static Formula parse(String source, Set<String> names) {
        if (source.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "calculate_output has " + source.length() + " characters; at most " + MAX_LENGTH + " are allowed");
        }
        Set<String> used = new TreeSet<>();
        Expression expression = new FormulaParser(source, names, used).parse();
        return new Formula(source, expression, used);
    }

    /**
     * The value with each name replaced by its score.
     *
     * @param scores has every name in {@link #variables}
     * @throws FormulaNotFinite if any step of it is infinite or not a number, even one that a later step would hide, as
     *     in {@code min(1, 1/0)}
     */
    public double evaluate(Map<String, Double> scores) {
        return expression.value(scores);
    }

    /** The names it uses. */
    public Set<String> variables() {
        return variables;
    }

    /** As it was given to {@link #parse}. */
    public String source() {
        return source;
    }

    static boolean isVariable(String name) {
        return FormulaParser.NAME.matcher(name).matches();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Formula that && source.equals(that.source);
    }

    @Override
    public int hashCode() {
        return source.hashCode();
    }

    @Override
    public String toString() {
        return source;
    }
}
