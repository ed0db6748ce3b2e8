package dev.rehearse.jobs;

/** Requests for the API's description; each runs as it is. */
final class GraderExamples {
    static final String CHECK = """
            {
              "grader": {
                "type": "string_check",
                "name": "exact",
                "input": "{{ sample.output_text }}",
                "reference": "{{ item.capital }}",
                "operation": "ilike"
              },
              "model_sample": "It is Paris.",
              "item": {"capital": "paris"}
            }""";

    static final String SIMILARITY = """
            {
              "grader": {
                "type": "text_similarity",
                "name": "meaning",
                "input": "{{ sample.output_text }}",
                "reference": "{{ item.reference }}",
                "evaluation_metric": "cosine"
              },
              "model_sample": "A cat is sitting on the mat.",
              "item": {"reference": "On the mat there sits a cat."}
            }""";

    private static final String MULTI_GRADER = """
            {
                "type": "multi",
                "name": "both",
                "graders": {
                  "city": {
                    "type": "string_check",
                    "name": "city",
                    "input": "{{ sample.output_json.city }}",
                    "reference": "{{ item.city }}",
                    "operation": "eq"
                  },
                  "words": {
                    "type": "text_similarity",
                    "name": "words",
                    "input": "{{ sample.output_json.reason }}",
                    "reference": "{{ item.reason }}",
                    "evaluation_metric": "rouge_l"
                  }
                },
                "calculate_output": "0.7 * city + 0.3 * words"
              }""";

    static final String MULTI = "{\n  \"grader\": " + MULTI_GRADER + """
            ,
              "model_sample": "{\\"city\\": \\"Paris\\", \\"reason\\": \\"the river is the Seine\\"}",
              "item": {"city": "Paris", "reason": "its river is the Seine"}
            }""";

    static final String VALIDATE = "{\n  \"grader\": " + MULTI_GRADER + "\n}";

    private GraderExamples() {}
}
