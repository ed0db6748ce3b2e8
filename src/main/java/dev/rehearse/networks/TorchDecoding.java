package dev.rehearse.networks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import dev.rehearse.networks.Device.Priority;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Decoding} on libtorch: one state of the slots and one script call a step for each network, side by side. */
final class TorchDecoding implements Decoding {
    /** Lengths are rounded up to a multiple of this, so that few different shapes reach the kernels. */
    private static final int LENGTH_BUCKET = 16;

    private final TorchNetwork policy;
    private final @Nullable TorchNetwork prior;
    private final Priority priority;
    private final int slots;
    private final int capacity;
    private final PtNDManager manager;
    private final Script sampling;
    private final Guide guide;
    private final SlotState state;
    private final @Nullable SlotState priorState;

    TorchDecoding(TorchNetwork policy, @Nullable TorchNetwork prior, int slots, int capacity, Priority priority) {
        int context = policy.architecture().contextLength();
        if (slots < 1 || capacity < 1 || capacity > context) {
            throw new IllegalArgumentException(
                    slots + " slots of " + capacity + " tokens; allowed: at least 1 of 1 to " + context);
        }
        this.policy = policy;
        this.prior = prior;
        this.slots = slots;
        this.capacity = capacity;
        this.priority = priority;
        Device device = policy.device();
        manager = (PtNDManager) device.manager().newSubManager();
        sampling = device.scripts().open("sampling", "Sampling", Map.of());
        guide = new Guide(policy);
        state = new SlotState(device, policy.architecture(), slots, capacity);
        priorState = prior == null ? null : new SlotState(device, prior.architecture(), slots, capacity);
    }

    @Override
    public int slots() {
        return slots;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public Choice prefill(int[] into, int[][] prompts, Choosing choosing) {
        return policy.device().call(priority, () -> prefillHere(into, prompts, choosing));
    }

    private static void check(String what, int number, int least, int most) {
        if (number < least || number > most) {
            throw new IllegalArgumentException(what + " is " + number + "; allowed: " + least + " to " + most);
        }
    }

    private Choice prefillHere(int[] into, int[][] prompts, Choosing choosing) {
        check("the number of prompts", prompts.length, into.length, into.length);
        BitSet taken = new BitSet(slots);
        int longest = 0;
        long[] last = new long[prompts.length];
        for (int b = 0; b < prompts.length; b++) {
            check("a slot", into[b], 0, slots - 1);
            if (taken.get(into[b])) {
                throw new IllegalArgumentException("slot " + into[b] + " is given to two prompts");
            }
            taken.set(into[b]);
            check("a prompt's length", prompts[b].length, 1, capacity);
            longest = Math.max(longest, prompts[b].length);
            last[b] = prompts[b].length - 1L;
        }
        int time = Math.min(capacity, roundUp(longest, 4));
        long[] ids = new long[prompts.length * time];
        for (int b = 0; b < prompts.length; b++) {
            for (int t = 0; t < prompts[b].length; t++) {
                ids[b * time + t] = prompts[b][t];
            }
        }
        try (PtNDManager scope = (PtNDManager) manager.newSubManager();
                IValue slotValue = value(scope.create(longs(into)));
                IValue idValue = value(scope.create(ids, new Shape(prompts.length, time)));
                IValue lastValue = value(scope.create(last))) {
            return choose(
                    scope,
                    choosing,
                    (network, kept) -> network.script()
                            .infer("prefill", network.generationWeights(), kept.list(), slotValue, idValue, lastValue));
        }
    }

    @Override
    public boolean readsInPieces() {
        return policy.architecture().reading() == Architecture.Reading.CAUSAL;
    }

    @Override
    public Choice extend(int slot, int start, int[] tokens, Choosing choosing) {
        return policy.device().call(priority, () -> extendHere(slot, start, tokens, choosing));
    }

    private Choice extendHere(int slot, int start, int[] tokens, Choosing choosing) {
        try (PtNDManager scope = (PtNDManager) manager.newSubManager();
                Piece piece = new Piece(scope, slot, start, tokens)) {
            return choose(scope, choosing, piece.ahead(tokens.length - 1, tokens.length));
        }
    }

    @Override
    public Scores score(int slot, int start, int[] tokens, int[] next, Scoring scoring) {
        check("the number of next tokens", next.length, tokens.length, tokens.length);
        return policy.device().call(priority, () -> scoreHere(slot, start, tokens, next, scoring));
    }

    private Scores scoreHere(int slot, int start, int[] tokens, int[] next, Scoring scoring) {
        float[] beta = new float[tokens.length];
        Arrays.fill(beta, scoring.beta());
        try (PtNDManager scope = (PtNDManager) manager.newSubManager();
                Piece piece = new Piece(scope, slot, start, tokens);
                IValue ahead = piece.ahead(0, tokens.length).run(policy, state);
                IValue logits = value(
                        guide.guide(scope, ahead.toTensorArray(scope), beta).logits());
                IValue following = value(scope.create(longs(next)));
                IValue alternatives = IValue.from((long) scoring.alternatives());
                IValue scores = sampling.infer("score", logits, following, alternatives)) {
            PtNDArray[] parts = scores.toTensorArray(scope);
            return new Scores(
                    parts[0].toFloatArray(),
                    Reshape.rows(ints(parts[1].toLongArray()), tokens.length),
                    Reshape.rows(parts[2].toFloatArray(), tokens.length));
        }
    }

    /** Some more tokens of a sequence, as the script takes them. */
    private final class Piece implements AutoCloseable {
        private final IValue slotValue;
        private final IValue startValue;
        private final IValue idValue;

        Piece(PtNDManager scope, int slot, int start, int[] tokens) {
            if (!readsInPieces()) {
                throw new UnsupportedOperationException("an encoder reads a prompt as a whole");
            }
            check("a slot", slot, 0, slots - 1);
            check("the start", start, 0, capacity - 1);
            check("the number of tokens", tokens.length, 1, capacity - start);
            int time = Math.min(capacity - start, roundUp(tokens.length, LENGTH_BUCKET));
            slotValue = IValue.from((long) slot);
            startValue = IValue.from((long) start);
            idValue = value(scope.create(longs(Arrays.copyOf(tokens, time))));
        }

        /** What is ahead of its tokens from {@code first} to before {@code end}. */
        Pass ahead(int first, int end) {
            return (network, kept) -> {
                try (IValue firstValue = IValue.from((long) first);
                        IValue endValue = IValue.from((long) end)) {
                    return network.script()
                            .infer(
                                    "extend",
                                    network.generationWeights(),
                                    kept.list(),
                                    slotValue,
                                    startValue,
                                    idValue,
                                    firstValue,
                                    endValue);
                }
            };
        }

        @Override
        public void close() {
            slotValue.close();
            startValue.close();
            idValue.close();
        }
    }

    @Override
    public void copy(int from, int to, int length) {
        check("a slot", from, 0, slots - 1);
        check("a slot", to, 0, slots - 1);
        check("the length", length, 0, capacity);
        policy.device().run(priority, () -> {
            state.copy(from, to, length);
            if (priorState != null) {
                priorState.copy(from, to, length);
            }
        });
    }

    @Override
    public Choice decode(int[] tokens, int[] positions, Choosing choosing, Runnable meanwhile) {
        return policy.device().call(priority, () -> decodeHere(tokens, positions, choosing), meanwhile);
    }

    private Choice decodeHere(int[] tokens, int[] positions, Choosing choosing) {
        check("the number of tokens", tokens.length, 1, slots);
        check("the number of positions", positions.length, tokens.length, tokens.length);
        int furthest = 0;
        for (int position : positions) {
            check("a position", position, 0, capacity - 1);
            furthest = Math.max(furthest, position);
        }
        long reach = Math.min(capacity, roundUp(furthest + 1, LENGTH_BUCKET));
        try (PtNDManager scope = (PtNDManager) manager.newSubManager();
                IValue idValue = value(scope.create(longs(tokens)));
                IValue positionValue = value(scope.create(longs(positions)));
                IValue reachValue = IValue.from(reach)) {
            return choose(
                    scope,
                    choosing,
                    (network, kept) -> network.script()
                            .infer(
                                    "decode",
                                    network.generationWeights(),
                                    kept.list(),
                                    idValue,
                                    positionValue,
                                    reachValue));
        }
    }

    /** One forward pass of one network; returns logits (B, V) and the states (B, D) that they were made of. */
    private interface Pass {
        IValue run(TorchNetwork network, SlotState kept);
    }

    private Choice choose(PtNDManager scope, Choosing choosing, Pass pass) {
        if (choosing instanceof Choosing.Each each) {
            PtNDArray[] ahead = ahead(scope, pass, policy, state);
            return each(scope, guide.guide(scope, ahead, each.guidance().beta()), each);
        }
        TorchNetwork beside = prior;
        SlotState besideState = priorState;
        if (beside == null || besideState == null) {
            throw new IllegalStateException("this decoding was made without a prior");
        }
        List<PtNDArray[]> both = policy.device()
                .sideBySide(
                        priority,
                        List.of(
                                () -> ahead(scope, pass, policy, state),
                                () -> ahead(scope, pass, beside, besideState)));
        try (IValue logits = value(guide.guide(scope, both.get(0), new float[0]).logits());
                IValue priorLogits = value(both.get(1)[0])) {
            return explore(scope, logits, priorLogits, (Choosing.Explore) choosing);
        }
    }

    private static PtNDArray[] ahead(PtNDManager scope, Pass pass, TorchNetwork network, SlotState kept) {
        try (IValue ahead = pass.run(network, kept)) {
            return ahead.toTensorArray(scope);
        }
    }

    private Choice each(PtNDManager scope, Guide.Guided guided, Choosing.Each each) {
        LogitEdits edits = each.edits();
        try (IValue logits = value(guided.logits());
                IValue edited = IValue.listFrom(
                        (PtNDArray) scope.create(longs(edits.rows())),
                        (PtNDArray) scope.create(longs(edits.tokens())),
                        (PtNDArray) scope.create(edits.repetition()),
                        (PtNDArray) scope.create(edits.shift()));
                IValue temperature = value(scope.create(each.temperature()));
                IValue topK = value(scope.create(longs(each.topK())));
                IValue topP = value(scope.create(each.topP()));
                IValue uniform = value(scope.create(each.uniform()));
                IValue alternatives = IValue.from((long) each.alternatives());
                IValue chosen =
                        sampling.infer("choose", logits, edited, temperature, topK, topP, uniform, alternatives)) {
            PtNDArray[] parts = chosen.toTensorArray(scope);
            int rows = each.temperature().length;
            boolean valued = each.guidance().report() == Guidance.Report.VALUES;
            return new Choice(
                    ints(parts[0].toLongArray()),
                    parts[1].toFloatArray(),
                    Reshape.rows(ints(parts[2].toLongArray()), rows),
                    Reshape.rows(parts[3].toFloatArray(), rows),
                    valued ? guide.values(scope, guided, parts[0]) : Values.NONE);
        }
    }

    private Choice explore(PtNDManager scope, IValue logits, IValue priorLogits, Choosing.Explore how) {
        try (IValue epsilon = IValue.from(how.epsilon());
                IValue temperature = IValue.from(how.temperature());
                IValue priorTemperature = IValue.from(how.priorTemperature());
                IValue topK = IValue.from((long) how.topK());
                IValue uniform = value(scope.create(how.uniform()));
                IValue chosen = sampling.infer(
                        "explore", logits, priorLogits, epsilon, temperature, priorTemperature, topK, uniform)) {
            PtNDArray[] parts = chosen.toTensorArray(scope);
            return new Choice(ints(parts[0].toLongArray()), parts[1].toFloatArray(), new int[0][], new float[0][]);
        }
    }

    private static IValue value(NDArray array) {
        return IValue.from((PtNDArray) array);
    }

    private static int roundUp(int length, int multiple) {
        return (length + multiple - 1) / multiple * multiple;
    }

    private static long[] longs(int[] numbers) {
        long[] longs = new long[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            longs[i] = numbers[i];
        }
        return longs;
    }

    private static int[] ints(long[] numbers) {
        int[] ints = new int[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            ints[i] = (int) numbers[i];
        }
        return ints;
    }

    @Override
    public void close() {
        policy.device().complete(priority, () -> {
            state.close();
            if (priorState != null) {
                priorState.close();
            }
            guide.close();
            sampling.close();
            manager.close();
            return true;
        });
    }
}
