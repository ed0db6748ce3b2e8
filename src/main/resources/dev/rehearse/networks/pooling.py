# TorchScript, read by libtorch, not run by Python.
# Reductions over time that padding does not reach, as free functions. B batch, T time, D width.

# The mean (B, D) of the first `lengths` (B) of the states (B, T, D).
def mean(states: Tensor, lengths: Tensor) -> Tensor:
  T = states.size(1)
  outside = torch.arange(T, device=states.device).unsqueeze(0) >= lengths.unsqueeze(1)  # (B, T)
  kept = torch.masked_fill(states, outside.unsqueeze(2), 0.)
  return torch.sum(kept, [1]) / lengths.unsqueeze(1)
