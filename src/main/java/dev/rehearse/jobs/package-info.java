/** Fine-tuning jobs: their life, their store, their workers and <code>/v1/fine_tuning</code>. */
@NullMarked
package dev.rehearse.jobs;

import org.jspecify.annotations.NullMarked;
