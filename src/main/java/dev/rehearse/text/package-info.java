/** Text to token ids and back: cleaning, tokenizers trained or opened, chat templates. No tensors. */
@NullMarked
package dev.rehearse.text;

import org.jspecify.annotations.NullMarked;
