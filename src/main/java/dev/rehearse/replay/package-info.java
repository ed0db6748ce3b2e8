/** Experience: whole episodes in compact columns, drawn at random, uniformly or by priority. */
@NullMarked
package dev.rehearse.replay;

import org.jspecify.annotations.NullMarked;
