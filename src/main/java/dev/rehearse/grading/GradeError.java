package dev.rehearse.grading;

import java.util.Locale;

/**
 * Why a reply got no score: the wire's whole vocabulary, because its {@code errors} object carries every key.
 *
 * <p>Raised by the graders of this package: formula, sample, invalid variable, other, and the model grader's server and parse error.
 */
public enum GradeError {
    /** {@code calculate_output} gave no finite number. A formula that does not parse is refused before any grading. */
    FORMULA_PARSE_ERROR,
    /** {@code sample.output_json} was asked for and the reply is not JSON. */
    SAMPLE_PARSE_ERROR,
    TRUNCATED_OBSERVATION_ERROR,
    UNRESPONSIVE_REWARD_ERROR,
    /** A template names what this row or this reply does not have. */
    INVALID_VARIABLE_ERROR,
    /** A rendered text is longer than {@link Template#MAX_RENDERED_LENGTH}, or an http grader gave no reward. */
    OTHER_ERROR,
    PYTHON_GRADER_SERVER_ERROR,
    PYTHON_GRADER_RUNTIME_ERROR,
    /** The grading model cannot be asked: it is gone, or has no room or time. */
    MODEL_GRADER_SERVER_ERROR,
    MODEL_GRADER_REFUSAL_ERROR,
    /** The grading model's answer is no number, or none of the labels. */
    MODEL_GRADER_PARSE_ERROR;

    /** The key on the wire, such as {@code formula_parse_error}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
