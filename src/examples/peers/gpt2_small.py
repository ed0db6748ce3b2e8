"""PyTorch's own time for what Gpt2SmallBenchmark measures: one training step of 4x128 tokens, one decoded token.

Needs torch and transformers. The shape is GPT-2 small's (124M parameters), the weights are random; AdamW is the fused
one, attention is scaled_dot_product_attention. Prints medians in milliseconds.
"""
import resource
import statistics
import sys
import time

import torch
from transformers import GPT2Config, GPT2LMHeadModel

torch.manual_seed(1)
torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads())
model = GPT2LMHeadModel(GPT2Config(attn_pdrop=0, embd_pdrop=0, resid_pdrop=0, attn_implementation="sdpa"))
ids = torch.randint(0, 50257, (4, 128))


def milliseconds(work, warmup, repetitions):
    times = []
    for i in range(warmup + repetitions):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times[warmup:])


def step(optimizer, autocast):
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        loss = model(ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()


def decode(dtype):
    decoder = GPT2LMHeadModel(model.config).to(dtype).eval()
    with torch.inference_mode():
        state = decoder(ids[:1, :64], use_cache=True).past_key_values
        one = torch.tensor([[5]])

        def token():
            nonlocal state
            out = decoder(one, past_key_values=state, use_cache=True)
            state = out.past_key_values
            return out.logits.argmax()

        return milliseconds(token, 16, 64)


optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
print("torch", torch.__version__, "threads", torch.get_num_threads(), "bf16 instructions", bf16)
print("step f32 %.0f" % milliseconds(lambda: step(optimizer, False), 3, 10))
if bf16:
    print("step bf16 %.0f" % milliseconds(lambda: step(optimizer, True), 3, 10))
print("resident GB %.2f" % (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))
print("token f32 %.1f" % decode(torch.float32))
if bf16:
    print("token bf16 %.1f" % decode(torch.bfloat16))
