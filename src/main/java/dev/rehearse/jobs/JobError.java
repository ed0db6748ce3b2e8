package dev.rehearse.jobs;

import org.jspecify.annotations.Nullable;

/** Why a job failed, in the terms of its request. Immutable. */
record JobError(String code, String message, @Nullable String param) {}
