package dev.rehearse.web;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What holds for every endpoint. Immutable.
 *
 * @param maxBody the largest body that is not an upload; a larger one gets 413
 */
@ConfigurationProperties("rehearse.web")
record WebSettings(@DefaultValue("8MB") DataSize maxBody) {}
