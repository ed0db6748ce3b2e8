"""What ReplayBenchmark and ReplayInsertBenchmark measure, for the Python memories that can be imported here.

numpy alone gives the ring; cpprb and stable_baselines3 join in where they are installed. A draw is 256 rows of 128
32-bit tokens out of 16,384, an insert is one transition of two numbers. Prints the fastest of 7 rounds, which what else
the machine does disturbs least.
"""
import time

import numpy as np

EPISODES, LENGTH, BATCH = 16_384, 128, 256
random = np.random.default_rng(1)
tokens = random.integers(0, 50_000, (EPISODES, LENGTH), dtype=np.int32)


def seconds(work, repetitions):
    best = float("inf")
    for _ in range(7):
        begin = time.perf_counter()
        for _ in range(repetitions):
            work()
        best = min(best, (time.perf_counter() - begin) / repetitions)
    return best


def report(who, what, each):
    print(f"{who:18} {what:28} {each * 1e6:8.2f} us   {1 / each:12,.0f} /s")


def numpy_ring():
    ring, small, at = tokens.copy(), np.zeros((EPISODES, 2), np.float32), 0

    def insert():
        nonlocal at
        small[at] = (1, 2)
        at = (at + 1) % EPISODES

    report("numpy ring", "uniform draw", seconds(lambda: ring[random.integers(0, EPISODES, BATCH)], 2_000))
    report("numpy ring", "insert", seconds(insert, 50_000))


def cpprb():
    from cpprb import PrioritizedReplayBuffer, ReplayBuffer

    row = {"tokens": {"shape": LENGTH, "dtype": np.int32}}
    uniform, prioritized = ReplayBuffer(EPISODES, row), PrioritizedReplayBuffer(EPISODES, row, alpha=0.6)
    uniform.add(tokens=tokens)
    prioritized.add(tokens=tokens, priorities=random.random(EPISODES))
    small = ReplayBuffer(EPISODES, {"two": {"shape": 2}})

    def drawn_and_updated():
        batch = prioritized.sample(BATCH, beta=0.4)
        prioritized.update_priorities(batch["indexes"], random.random(BATCH))

    report("cpprb", "uniform draw", seconds(lambda: uniform.sample(BATCH), 2_000))
    report("cpprb", "prioritised draw", seconds(lambda: prioritized.sample(BATCH, beta=0.4), 1_000))
    report("cpprb", "prioritised draw and update", seconds(drawn_and_updated, 1_000))
    report("cpprb", "insert", seconds(lambda: small.add(two=(1, 2)), 50_000))


def stable_baselines3():
    from gymnasium.spaces import Box
    from stable_baselines3.common.buffers import ReplayBuffer

    def memory(width, kind):
        space = Box(0, 60_000, (width,), kind)
        return ReplayBuffer(EPISODES, space, Box(-1, 1, (1,)), device="cpu", handle_timeout_termination=False)

    full, small, none = memory(LENGTH, np.int32), memory(2, np.float32), np.zeros(1)
    for row in tokens:
        full.add(row, row, none, none, none, [{}])
    two = np.array([1, 2], np.float32)
    report("stable_baselines3", "uniform draw", seconds(lambda: full.sample(BATCH), 1_000))
    report("stable_baselines3", "insert", seconds(lambda: small.add(two, two, none, none, none, [{}]), 50_000))


numpy_ring()
for peer in (cpprb, stable_baselines3):
    try:
        peer()
    except ImportError as missing:
        print(f"{peer.__name__:18} not here: {missing}")
