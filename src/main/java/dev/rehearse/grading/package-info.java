/** What a good reply is: graders, the text metrics they use, and the templates that feed them. */
@NullMarked
package dev.rehearse.grading;

import org.jspecify.annotations.NullMarked;
