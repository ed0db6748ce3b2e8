/** The tensor boundary: everything that touches libtorch. Arrays go in, arrays come out. */
@NullMarked
package dev.rehearse.networks;

import org.jspecify.annotations.NullMarked;
