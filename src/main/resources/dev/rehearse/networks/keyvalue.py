# TorchScript, read by libtorch, not run by Python.
# Moves of key/value state between slots; each cache tensor is (S, C, H, D/H).
class KeyValue(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def copy(self, cache: List[Tensor], origin: int, to: int, length: int) -> int:
    for i in range(torch.len(cache)):
      _0 = torch.copy_(cache[i][to].slice(0, 0, length), cache[i][origin].slice(0, 0, length))
    return length
