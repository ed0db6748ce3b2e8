/** The loops: supervised training, and choose, perform, observe, update. */
@NullMarked
package dev.rehearse.training;

import org.jspecify.annotations.NullMarked;
