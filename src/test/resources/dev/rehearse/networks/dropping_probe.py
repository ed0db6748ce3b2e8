# TorchScript, read by libtorch, not run by Python.
# Lets a test call the free function drop.
class DroppingProbe(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def drop(self, x: Tensor, share: float, key: Tensor, site: int) -> Tensor:
    return __torch__.dropping.drop(x, share, [key], site)
