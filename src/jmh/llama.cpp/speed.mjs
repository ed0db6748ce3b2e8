// llama.cpp with GPT-2 small's shape and random weights: tokens per second of 64 new tokens after prompts of 64, of one
// sequence and of 16 at once. Prints one line of JSON.
//   node speed.mjs DIRECTORY_OF_THE_PACKAGE_node-llama-cpp (f32 | bf16 | int8)
import {openSync, writeSync, closeSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const [directory, weights] = process.argv.slice(2);
const shape = {vocabulary: 50257, context: 1024, width: 768, layers: 12, heads: 12};
const F32 = 0, Q8_0 = 8, BF16 = 30; // numbers of ggml's types

// ---- GGUF, version 3: header, metadata, tensor table, then the tensors, each at a multiple of 32 bytes

function bytes(size, write) {
    const buffer = Buffer.alloc(size);
    write(buffer);
    return buffer;
}

const u32 = number => bytes(4, b => b.writeUInt32LE(number));
const u64 = number => bytes(8, b => b.writeBigUInt64LE(BigInt(number)));
const f32 = number => bytes(4, b => b.writeFloatLE(number));
const text = string => Buffer.concat([u64(Buffer.byteLength(string)), Buffer.from(string)]);
const values = {
    u32: number => Buffer.concat([u32(4), u32(number)]),
    f32: number => Buffer.concat([u32(6), f32(number)]),
    text: string => Buffer.concat([u32(8), text(string)]),
    texts: all => Buffer.concat([u32(9), u32(8), u64(all.length), ...all.map(text)]),
    i32s: all => Buffer.concat([u32(9), u32(5), u64(all.length), bytes(4 * all.length, b => all.forEach((n, i) => b.writeInt32LE(n, 4 * i)))]),
};

function metadata() {
    const words = Array.from({length: shape.vocabulary}, (_, i) => "w" + i);
    return {
        "general.architecture": values.text("gpt2"),
        "gpt2.context_length": values.u32(shape.context),
        "gpt2.embedding_length": values.u32(shape.width),
        "gpt2.feed_forward_length": values.u32(4 * shape.width),
        "gpt2.block_count": values.u32(shape.layers),
        "gpt2.attention.head_count": values.u32(shape.heads),
        "gpt2.attention.layer_norm_epsilon": values.f32(1e-5),
        "tokenizer.ggml.model": values.text("gpt2"),
        "tokenizer.ggml.pre": values.text("gpt-2"),
        "tokenizer.ggml.tokens": values.texts(words),
        "tokenizer.ggml.token_type": values.i32s(words.map(() => 1)),
        "tokenizer.ggml.merges": values.texts(["w 0"]),
        "tokenizer.ggml.bos_token_id": values.u32(50256),
        "tokenizer.ggml.eos_token_id": values.u32(50256),
    };
}

function tensors(type) {
    const D = shape.width;
    const all = [
        ["token_embd.weight", [D, shape.vocabulary], type],
        ["position_embd.weight", [D, shape.context], F32],
        ["output_norm.weight", [D], F32],
        ["output_norm.bias", [D], F32],
    ];
    for (let i = 0; i < shape.layers; i++) {
        const block = "blk." + i + ".";
        for (const [name, inputs, outputs] of [["attn_qkv", D, 3 * D], ["attn_output", D, D], ["ffn_up", D, 4 * D], ["ffn_down", 4 * D, D]]) {
            all.push([block + name + ".weight", [inputs, outputs], type], [block + name + ".bias", [outputs], F32]);
        }
        for (const name of ["attn_norm", "ffn_norm"]) {
            all.push([block + name + ".weight", [D], F32], [block + name + ".bias", [D], F32]);
        }
    }
    return all.map(([name, dimensions, kind]) => ({name, dimensions, kind, count: dimensions.reduce((a, b) => a * b)}));
}

const sizeOf = {[F32]: count => 4 * count, [BF16]: count => 2 * count, [Q8_0]: count => (count / 32) * 34};

let state = 1;
function random() { // xorshift, -0.5 to 0.5
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296 - 0.5;
}

function numbers({name, kind, count}) {
    if (kind === F32) {
        const one = name.endsWith("norm.weight");
        return Buffer.from(Float32Array.from({length: count}, () => (one ? 1 : 0.02 * random())).buffer);
    }
    if (kind === BF16) {
        const whole = new Uint32Array(Float32Array.from({length: count}, () => 0.07 * random()).buffer);
        return Buffer.from(Uint16Array.from(whole, word => word >>> 16).buffer);
    }
    return bytes(sizeOf[Q8_0](count), b => {
        for (let at = 0; at < b.length; at += 34) {
            b.writeUInt16LE(0x1000, at); // 2^-11, as a 16-bit float
            for (let i = 2; i < 34; i++) {
                b.writeInt8(Math.round(140 * random()), at + i);
            }
        }
    });
}

const padded = size => Math.ceil(size / 32) * 32;

function writeModel(path, type) {
    const described = Object.entries(metadata());
    const all = tensors(type);
    let offset = 0;
    const table = all.map(({name, dimensions, kind, count}) => {
        const row = Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(kind), u64(offset)]);
        offset += padded(sizeOf[kind](count));
        return row;
    });
    const head = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(all.length), u64(described.length),
        ...described.flatMap(([key, value]) => [text(key), value]), ...table]);
    const file = openSync(path, "w");
    const write = part => writeSync(file, Buffer.concat([part, Buffer.alloc(padded(part.length) - part.length)]));
    write(head);
    all.forEach(tensor => write(numbers(tensor)));
    closeSync(file);
}

// ---- speed

const {getLlama} = await import(pathToFileURL(join(directory, "dist", "index.js")));
const folder = mkdtempSync(join(tmpdir(), "llama-cpp-"));
try {
    const path = join(folder, "random.gguf");
    writeModel(path, {f32: F32, bf16: BF16, int8: Q8_0}[weights]);
    const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: 2});
    const model = await llama.loadModel({modelPath: path});
    const context = await model.createContext({sequences: 16, contextSize: 256, batchSize: 1024, threads: 2});
    const sequences = Array.from({length: 16}, () => context.getSequence());

    async function grow(sequence) {
        await sequence.clearHistory();
        const prompt = Array.from({length: 64}, () => 100 + Math.floor(49000 * (random() + 0.5)));
        const begin = performance.now();
        let first = 0;
        let count = 0;
        for await (const _ of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
            first ||= performance.now();
            if (++count === 64) {
                break;
            }
        }
        return {count, seconds: (performance.now() - begin) / 1e3, growing: 63e3 / (performance.now() - first), first: first - begin};
    }

    async function tokensPerSecond(streams, rounds) {
        const results = [];
        const begin = performance.now();
        for (let round = 0; round < rounds; round++) {
            results.push(...await Promise.all(sequences.slice(0, streams).map(grow)));
        }
        const tokens = results.reduce((sum, result) => sum + result.count, 0);
        const growing = results.reduce((sum, result) => sum + result.growing, 0) / results.length;
        return {all: tokens / ((performance.now() - begin) / 1e3), growing};
    }

    await tokensPerSecond(1, 1);
    await tokensPerSecond(16, 1);
    console.log(JSON.stringify({one: await tokensPerSecond(1, 5), sixteen: await tokensPerSecond(16, 3)}));
    await llama.dispose();
} finally {
    rmSync(folder, {recursive: true});
}
