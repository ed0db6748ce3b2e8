/** The catalogue of models on disk and the cache of loaded ones: <code>/v1/models</code>. */
@NullMarked
package dev.rehearse.models;

import org.jspecify.annotations.NullMarked;
