# TorchScript, read by libtorch, not run by Python.
# How Q heads take part in choosing tokens, whatever the network's family. N rows, V vocabulary, D width.
class Guidance(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  estimates : str
  support_mask : float

  # Of states (N, D): logits (N, V) as beta (N) wants them, and the smaller Q (N, V) and V (N) that they were made of.
  def guide(self, w: Dict[str, Tensor], logits: Tensor, hidden: Tensor, beta: Tensor) -> List[Tensor]:
    parts = __torch__.heads.estimates(w, hidden.to(6), self.estimates)
    q = __torch__.heads.least(parts[1:])
    return [__torch__.heads.guided(logits, q, beta.unsqueeze(1), self.support_mask), q, parts[0]]

  # Q (N) of the tokens (N) chosen.
  def chosen(self, q: Tensor, tokens: Tensor) -> Tensor:
    return q.gather(1, tokens.unsqueeze(1)).squeeze(1)
