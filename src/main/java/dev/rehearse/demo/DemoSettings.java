package dev.rehearse.demo;

import java.nio.file.Path;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the demonstration does; how the two jobs learn stands in their request files. Immutable.
 *
 * @param data folder with the rows that the requests name, and {@code test.jsonl}
 * @param supervised body of the first job, with names of files where the API wants ids
 * @param reinforcement the same of the second, which starts from the first one's model
 * @param words how many rows of {@code test.jsonl} are scored
 * @param seeds each word is sampled once per seed, the same before and after
 * @param maxTokens where replies are cut off
 * @param inFlight most requests under way at once
 * @param exit whether the service stops when the demonstration ends: status 0, or 1 when it failed
 */
@ConfigurationProperties("rehearse.demo")
record DemoSettings(
        @DefaultValue("src/examples/pronunciation") Path data,

        @DefaultValue("src/examples/pronunciation/supervised.json")
        Path supervised,

        @DefaultValue("src/examples/pronunciation/reinforcement.json")
        Path reinforcement,

        @DefaultValue("1000") int words,
        @DefaultValue({"1", "2", "3", "4"}) List<Long> seeds,
        @DefaultValue("32") int maxTokens,
        @DefaultValue("64") int inFlight,
        @DefaultValue("false") boolean exit) {
    DemoSettings {
        requirePositive("words", words);
        requirePositive("max-tokens", maxTokens);
        requirePositive("in-flight", inFlight);
        requirePositive("seeds", seeds.size());
        seeds = List.copyOf(seeds);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("rehearse.demo." + name + " is " + value + "; allowed: at least 1");
        }
    }
}
