/** The uploaded files: <code>/v1/files</code>. */
@NullMarked
package dev.rehearse.files;

import org.jspecify.annotations.NullMarked;
