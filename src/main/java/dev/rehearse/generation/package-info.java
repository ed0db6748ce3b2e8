/** Prompt to reply, token by token, for one prompt or for many in one batch. */
@NullMarked
package dev.rehearse.generation;

import org.jspecify.annotations.NullMarked;
