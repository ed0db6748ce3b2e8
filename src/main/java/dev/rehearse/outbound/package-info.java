/** Requests that the service makes for its users: to servers on a list, within a deadline and a size. */
@NullMarked
package dev.rehearse.outbound;

import org.jspecify.annotations.NullMarked;
