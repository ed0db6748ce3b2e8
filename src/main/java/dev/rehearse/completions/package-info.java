/** Replies over HTTP: <code>/v1/completions</code> and <code>/v1/chat/completions</code>. */
@NullMarked
package dev.rehearse.completions;

import org.jspecify.annotations.NullMarked;
