# TorchScript, read by libtorch, not run by Python.
# Moves of decoding state between slots. The first `growing` tensors have a row per token, (S, C, ...); the others, (S, ...),
# are of a sequence as a whole.
class Slots(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def copy(self, state: List[Tensor], growing: int, origin: int, to: int, length: int) -> int:
    for i in range(torch.len(state)):
      if i < growing:
        _0 = torch.copy_(state[i][to].slice(0, 0, length), state[i][origin].slice(0, 0, length))
      else:
        _1 = torch.copy_(state[i][to], state[i][origin])
    return length
