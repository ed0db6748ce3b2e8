# TorchScript, read by libtorch, not run by Python.
# Weights in the forms in which generation reads them.
class Packing(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # (out, in) as `type` (f32 = 6, bf16 = 15), as libtorch's own products read it: the weight itself if it is of that type.
  def plain(self, weight: Tensor, in_out: bool, type: int) -> Tensor:
    if in_out:
      weight = weight.t()
    return weight.to(type)

  # (out, in) in the blocks of oneDNN's matrix kernels, as `type`.
  def blocks(self, weight: Tensor, in_out: bool, type: int) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(self.plain(weight, in_out, type).contiguous(), None)

  # int8 (out, in) and the bf16 scale (out) of each row: symmetric, the largest number of a row becomes 127.
  def int8(self, weight: Tensor, in_out: bool) -> List[Tensor]:
    weight = self.plain(weight, in_out, 6)
    scale = torch.clamp(torch.amax(torch.abs(weight), [1], False) / 127., min=1e-12).to(15)
    q = torch.clamp(torch.round(weight / scale.to(6).unsqueeze(1)), -127, 127)
    return [q.to(1).contiguous(), scale]
