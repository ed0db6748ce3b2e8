package dev.rehearse.grading;

import dev.rehearse.grading.Expression.Binary;
import dev.rehearse.grading.Expression.Call;
import dev.rehearse.grading.Expression.Constant;
import dev.rehearse.grading.Expression.Function;
import dev.rehearse.grading.Expression.Negation;
import dev.rehearse.grading.Expression.Operator;
import dev.rehearse.grading.Expression.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Recursive descent, one method per line of the grammar:
 *
 * <pre>
 * sum     = product { ("+" | "-") product }
 * product = signed { ("*" | "/") signed }
 * signed  = "-" signed | power
 * power   = atom [ "^" signed ]
 * atom    = number | name | function "(" sum { "," sum } ")" | "(" sum ")"
 * </pre>
 *
 * <p>Confined to the thread that made it, for one parse.
 */
final class FormulaParser {
    private static final Pattern NUMBER = Pattern.compile("(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");
    /** What a grader must be called to be a variable here. */
    static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final String source;
    private final Set<String> names;
    private final Set<String> used;
    private int position;
    private int depth;

    FormulaParser(String source, Set<String> names, Set<String> used) {
        this.source = source;
        this.names = names;
        this.used = used;
    }

    Expression parse() {
        Expression expression = sum();
        if (position < source.length()) {
            throw unexpected("an operator or the end");
        }
        return expression;
    }

    private Expression sum() {
        Expression left = product();
        while (true) {
            if (take(Operator.PLUS)) {
                left = new Binary(Operator.PLUS, left, product());
            } else if (take(Operator.MINUS)) {
                left = new Binary(Operator.MINUS, left, product());
            } else {
                return left;
            }
        }
    }

    private Expression product() {
        Expression left = signed();
        while (true) {
            if (take(Operator.TIMES)) {
                left = new Binary(Operator.TIMES, left, signed());
            } else if (take(Operator.OVER)) {
                left = new Binary(Operator.OVER, left, signed());
            } else {
                return left;
            }
        }
    }

    /** Every cycle of the grammar passes here, so this is where depth is counted. */
    private Expression signed() {
        if (++depth > Formula.MAX_DEPTH) {
            throw new IllegalArgumentException("calculate_output is nested more than " + Formula.MAX_DEPTH
                    + " deep at position " + position + "; that is the most allowed");
        }
        Expression expression = take('-') ? new Negation(signed()) : power();
        depth--;
        return expression;
    }

    private Expression power() {
        Expression base = atom();
        return take(Operator.POWER) ? new Binary(Operator.POWER, base, signed()) : base;
    }

    private Expression atom() {
        if (take('(')) {
            Expression inner = sum();
            expect(')');
            return inner;
        }
        Matcher number = at(NUMBER);
        if (number.lookingAt()) {
            return constant(number.group());
        }
        Matcher name = at(NAME);
        if (name.lookingAt()) {
            int start = position;
            position = name.end();
            return take('(') ? call(name.group(), start) : variable(name.group(), start);
        }
        throw unexpected("a number, a name, '-' or '('");
    }

    private Expression constant(String digits) {
        double number = Double.parseDouble(digits);
        if (!Double.isFinite(number)) {
            throw failure("the number " + digits + " is too large", position, "at most " + Double.MAX_VALUE);
        }
        position += digits.length();
        return new Constant(number);
    }

    private Expression variable(String name, int start) {
        if (!names.contains(name)) {
            throw failure("'" + name + "' is unknown", start, "the names of graders, " + names);
        }
        used.add(name);
        return new Variable(name);
    }

    private Expression call(String name, int start) {
        Function function = Arrays.stream(Function.values())
                .filter(candidate -> candidate.wireName().equals(name))
                .findFirst()
                .orElseThrow(() -> failure("the function '" + name + "' is unknown", start, "one of " + functions()));
        List<Expression> arguments = new ArrayList<>();
        do {
            arguments.add(sum());
        } while (take(','));
        expect(')');
        if (!function.takes(arguments.size())) {
            throw failure("'" + name + "' has " + arguments.size() + " arguments", start, "one");
        }
        return new Call(function, List.copyOf(arguments));
    }

    private static String functions() {
        return Arrays.stream(Function.values()).map(Function::wireName).collect(Collectors.joining(", "));
    }

    private Matcher at(Pattern pattern) {
        skipSpaces();
        return pattern.matcher(source).region(position, source.length());
    }

    private boolean take(Operator operator) {
        return take(operator.symbol());
    }

    private boolean take(char symbol) {
        skipSpaces();
        if (position < source.length() && source.charAt(position) == symbol) {
            position++;
            return true;
        }
        return false;
    }

    private void expect(char symbol) {
        if (!take(symbol)) {
            throw unexpected("'" + symbol + "'");
        }
    }

    private void skipSpaces() {
        while (position < source.length() && Character.isWhitespace(source.charAt(position))) {
            position++;
        }
    }

    private IllegalArgumentException unexpected(String expected) {
        String found =
                position < source.length() ? "'" + Character.toString(source.codePointAt(position)) + "'" : "the end";
        return failure("found " + found, position, expected);
    }

    private static IllegalArgumentException failure(String what, int position, String expected) {
        return new IllegalArgumentException(
                "calculate_output: " + what + " at position " + position + "; expected " + expected);
    }
}
