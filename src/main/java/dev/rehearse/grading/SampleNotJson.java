package dev.rehearse.grading;

/** A template asked for {@code sample.output_json} of a reply that is not JSON. */
public final class SampleNotJson extends GradingException {
    private static final long serialVersionUID = 1L;

    SampleNotJson(String message) {
        super(message);
    }

    @Override
    public GradeError error() {
        return GradeError.SAMPLE_PARSE_ERROR;
    }

    @Override
    public boolean blamesReply() {
        return true;
    }
}
