package dev.rehearse.completions;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;
import org.springframework.stereotype.Component;

/** Seeds for requests that name none: the only chance in this package. Thread-safe. */
@Component
final class Seeds {
    private final RandomGenerator random = new SecureRandom();

    long next() {
        return random.nextLong();
    }
}
