# TorchScript, read by libtorch, not run by Python.
# AdamW (Loshchilov & Hutter 2019, algorithm 2) by libtorch's fused kernel, after clipping by the global norm
# (Pascanu et al. 2013), and the exponential averages of weights that learning keeps.
class AdamW(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  beta1 : float
  beta2 : float
  epsilon : float
  weight_decay : float

  # Scales all gradients in place so that their joint norm is at most `limit`; returns the norm before, a scalar.
  def clip(self, gradients: List[Tensor], limit: float) -> Tensor:
    norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, torch.clamp(limit / (norm + 1e-6), max=1.))
    return norm

  # One update in place. `steps` are scalars counting from 1.
  def step(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], steps: List[Tensor], rate: float) -> int:
    none = annotate(List[Tensor], [])
    torch._fused_adamw_(weights, gradients, means, squares, none, steps, lr=rate, beta1=self.beta1, beta2=self.beta2, weight_decay=self.weight_decay, eps=self.epsilon, amsgrad=False, maximize=False)
    torch._foreach_add_(steps, 1)
    return 0

  # sums += others, in place.
  def add(self, sums: List[Tensor], others: List[Tensor]) -> int:
    torch._foreach_add_(sums, others)
    return 0

  # averages += share * (weights - averages), in place.
  def blend(self, averages: List[Tensor], weights: List[Tensor], share: float) -> int:
    torch._foreach_lerp_(averages, weights, share)
    return 0

  # to = source, in place and to the bit.
  def copy(self, to: List[Tensor], source: List[Tensor]) -> int:
    torch._foreach_copy_(to, source)
    return 0
