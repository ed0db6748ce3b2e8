/** The application's entry point; everything else is one package per feature below. */
@NullMarked
package dev.rehearse;

import org.jspecify.annotations.NullMarked;
