/** Who may use the service, for what and how much: API keys, and <code>/v1/api_keys</code>. */
@NullMarked
package dev.rehearse.keys;

import org.jspecify.annotations.NullMarked;
