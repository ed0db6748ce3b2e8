/** The demonstration: a client of the service like any other, over HTTP, that knows nothing of its insides. */
@NullMarked
package dev.rehearse.demo;

import org.jspecify.annotations.NullMarked;
