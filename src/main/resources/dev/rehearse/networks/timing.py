# TorchScript, read by libtorch, not run by Python.
# A matrix product in a given type, repeated, so that its duration can be measured.
class Timing(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Whether the processor of `x` multiplies bf16 with instructions of its own.
  def knows_bf16(self, x: Tensor) -> bool:
    return x.is_cuda or ops.mkldnn._is_mkldnn_bf16_supported()

  def product(self, x: Tensor, compute: int, repetitions: int) -> float:
    total = 0.
    for i in range(repetitions):
      total = total + float(torch.matmul(x.to(compute), x.to(compute)).to(6)[0, 0])
    return total
