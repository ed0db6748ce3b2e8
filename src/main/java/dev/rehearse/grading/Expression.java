package dev.rehearse.grading;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The tree of a {@link Formula}. Every value is finite.
 *
 * <p>Implementations are immutable.
 */
sealed interface Expression {
    double value(Map<String, Double> scores);

    record Constant(double number) implements Expression {
        @Override
        public double value(Map<String, Double> scores) {
            return number;
        }
    }

    record Variable(String name) implements Expression {
        @Override
        public double value(Map<String, Double> scores) {
            Double score = scores.get(name);
            if (score == null) {
                throw new IllegalArgumentException("there is no score for '" + name + "'; got " + scores.keySet());
            }
            return score;
        }
    }

    record Negation(Expression operand) implements Expression {
        @Override
        public double value(Map<String, Double> scores) {
            return -operand.value(scores);
        }
    }

    record Binary(Operator operator, Expression left, Expression right) implements Expression {
        @Override
        public double value(Map<String, Double> scores) {
            double a = left.value(scores);
            double b = right.value(scores);
            return finite(operator.apply(a, b), () -> a + " " + operator.symbol() + " " + b);
        }
    }

    record Call(Function function, List<Expression> arguments) implements Expression {
        @Override
        public double value(Map<String, Double> scores) {
            double[] values = arguments.stream()
                    .mapToDouble(argument -> argument.value(scores))
                    .toArray();
            return finite(function.apply(values), () -> function.wireName() + Arrays.toString(values));
        }
    }

    /** The operators of the language that take two operands. */
    enum Operator {
        PLUS('+'),
        MINUS('-'),
        TIMES('*'),
        OVER('/'),
        POWER('^');

        private final char symbol;

        Operator(char symbol) {
            this.symbol = symbol;
        }

        char symbol() {
            return symbol;
        }

        double apply(double a, double b) {
            return switch (this) {
                case PLUS -> a + b;
                case MINUS -> a - b;
                case TIMES -> a * b;
                case OVER -> a / b;
                case POWER -> Math.pow(a, b);
            };
        }
    }

    /** The functions of the language; all but {@code min} and {@code max} take one argument. */
    enum Function {
        MIN,
        MAX,
        ABS,
        FLOOR,
        CEIL,
        EXP,
        SQRT,
        LOG;

        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean takes(int arguments) {
            return arguments == 1 || arguments > 1 && (this == MIN || this == MAX);
        }

        double apply(double[] values) {
            return switch (this) {
                case MIN -> Arrays.stream(values).min().orElseThrow();
                case MAX -> Arrays.stream(values).max().orElseThrow();
                case ABS -> Math.abs(values[0]);
                case FLOOR -> Math.floor(values[0]);
                case CEIL -> Math.ceil(values[0]);
                case EXP -> Math.exp(values[0]);
                case SQRT -> Math.sqrt(values[0]);
                case LOG -> Math.log(values[0]);
            };
        }
    }

    private static double finite(double value, Supplier<String> what) {
        if (!Double.isFinite(value)) {
            throw new FormulaNotFinite(
                    "calculate_output: " + what.get() + " is " + value + "; a score is a finite number");
        }
        return value;
    }
}
