/** What every endpoint shares: the error envelope and request ids. */
@NullMarked
package dev.rehearse.web;

import org.jspecify.annotations.NullMarked;
