package dev.rehearse.grading;

/** A formula divided by zero, overflowed, or left the domain of a function. */
public final class FormulaNotFinite extends GradingException {
    private static final long serialVersionUID = 1L;

    FormulaNotFinite(String message) {
        super(message);
    }

    @Override
    public GradeError error() {
        return GradeError.FORMULA_PARSE_ERROR;
    }
}
