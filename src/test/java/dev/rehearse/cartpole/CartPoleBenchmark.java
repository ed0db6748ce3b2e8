package dev.rehearse.cartpole;

import dev.rehearse.networks.Device;
import java.util.List;
import java.util.Locale;

/** CartPole-v1 in 50,000 steps: the figures of benchmarks.md. Arguments: the seeds. */
public final class CartPoleBenchmark {
    private static final int STEPS = 50_000;
    private static final int GREEDY = 100;

    private CartPoleBenchmark() {}

    public static void main(String[] seeds) {
        try (Device device = Device.open("cpu")) {
            for (String seed : seeds.length == 0 ? new String[] {"1", "2", "3"} : seeds) {
                long begin = System.nanoTime();
                CartPoleRun.Plan plan = new CartPoleRun.Plan(STEPS, 2, 1, Long.parseLong(seed));
                try (CartPoleRun run = new CartPoleRun(device, plan, CartPoleRun.settings())) {
                    run.run();
                    double seconds = (System.nanoTime() - begin) / 1e9;
                    List<Integer> all = run.lengths();
                    List<Integer> last = all.subList(Math.max(0, all.size() - GREEDY), all.size());
                    double learning =
                            last.stream().mapToInt(Integer::intValue).average().orElse(0);
                    System.out.printf(
                            Locale.ROOT,
                            "seed %s: %d episodes; last %d while learning %.1f; %d greedy %.1f; %.0f s%n",
                            seed,
                            all.size(),
                            last.size(),
                            learning,
                            GREEDY,
                            run.evaluate(GREEDY),
                            seconds);
                }
            }
        }
    }
}
