package dev.rehearse.jobs;

/** Requests for the API's description; put the id of your own file in. */
final class Examples {
    static final String SUPERVISED = """
            {
              "model": "gpt2-tiny",
              "training_file": "file-…",
              "suffix": "pronounce",
              "seed": 7,
              "method": {
                "type": "supervised",
                "supervised": {"hyperparameters": {"n_epochs": 3}, "tokenizer": {"kind": "word"}}
              }
            }""";

    static final String REINFORCEMENT = """
            {
              "model": "ft:gpt2-tiny:local:pronounce:…",
              "training_file": "file-…",
              "validation_file": "file-…",
              "method": {
                "type": "reinforcement",
                "reinforcement": {
                  "grader": {
                    "type": "text_similarity",
                    "name": "phonemes",
                    "input": "{{ sample.output_text }}",
                    "reference": "{{ item.reference }}",
                    "evaluation_metric": "fuzzy_match"
                  }
                }
              }
            }""";

    private Examples() {}
}
