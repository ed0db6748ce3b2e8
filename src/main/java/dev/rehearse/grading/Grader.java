package dev.rehearse.grading;

/** What a good reply is. */
public interface Grader {}
