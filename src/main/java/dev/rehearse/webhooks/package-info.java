/** Tells other servers that a job has ended: <code>/v1/webhook_endpoints</code>. */
@NullMarked
package dev.rehearse.webhooks;

import org.jspecify.annotations.NullMarked;
