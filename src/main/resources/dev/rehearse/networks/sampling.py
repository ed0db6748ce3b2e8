# TorchScript, read by libtorch, not run by Python.
# Chooses one token per row by inverting the cumulative distribution at a given uniform number, so that the same number
# gives the same token whatever the other rows are. B rows, V vocabulary, K alternatives.
class Sampling(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  def pick(self, probabilities: Tensor, uniform: Tensor) -> Tensor:
    below = torch.cumsum(probabilities, 1)  # (B, V)
    total = below[:, -1:]  # (B, 1)
    last = probabilities.size(1) - 1
    drawn = torch.searchsorted(below, uniform.unsqueeze(1) * total, right=True)  # (B, 1)
    return torch.clamp(drawn, max=last)

  # softmax of logits / temperature over the k most probable tokens; k = 0 keeps all.
  def truncated(self, logits: Tensor, temperature: float, k: int) -> Tensor:
    scaled = logits / temperature
    if k > 0 and k < logits.size(1):
      least = torch.topk(scaled, k, 1)[0][:, -1:]  # (B, 1)
      scaled = torch.masked_fill(scaled, scaled < least, -inf)
    return torch.softmax(scaled, 1)

  # Rows with temperature 0 are greedy. Returns tokens (B), their log-probabilities at temperature 1 (B), and the
  # `alternatives` most probable tokens with theirs (B, K).
  def choose(self, logits: Tensor, temperature: Tensor, top_k: Tensor, top_p: Tensor, uniform: Tensor, alternatives: int) -> List[Tensor]:
    tokens = torch.argmax(logits, 1, True)  # (B, 1)
    drawn = temperature > 0.
    if bool(torch.any(drawn)):
      scaled = logits / torch.clamp(temperature, min=1e-6).unsqueeze(1)
      choice = self.pick(torch.softmax(scaled, 1), uniform)
      narrow = drawn & ((top_k > 0) | (top_p < 1.))
      if bool(torch.any(narrow)):
        ordered, order = torch.sort(scaled, 1, True)
        p = torch.softmax(ordered, 1)
        rank = torch.arange(logits.size(1), device=logits.device).unsqueeze(0)
        limit = torch.where(top_k > 0, top_k, logits.size(1)).unsqueeze(1)
        p = torch.masked_fill(p, rank >= limit, 0.)
        share = p / torch.sum(p, 1, True)
        before = torch.cumsum(share, 1) - share
        p = torch.masked_fill(share, (before >= top_p.unsqueeze(1)) & (rank > 0), 0.)
        # Only for the rows that ask for it: in another order, the same number is another token.
        choice = torch.where(narrow.unsqueeze(1), order.gather(1, self.pick(p, uniform)), choice)
      tokens = torch.where(drawn.unsqueeze(1), choice, tokens)
    log_pi = torch.log_softmax(logits, 1)
    top = torch.topk(log_pi, alternatives, 1)
    return [tokens.squeeze(1), log_pi.gather(1, tokens).squeeze(1), top[1], top[0]]

  # The behaviour policy: with probability epsilon a token of the prior at its own temperature, else one of the policy.
  # Drawn from the mixture itself; returns tokens (B) and log of the mixture's probability of each (B).
  def explore(self, policy: Tensor, prior: Tensor, epsilon: float, temperature: float, prior_temperature: float, top_k: int, uniform: Tensor) -> List[Tensor]:
    mixture = (1. - epsilon) * self.truncated(policy, temperature, top_k) + epsilon * self.truncated(prior, prior_temperature, top_k)
    tokens = self.pick(mixture, uniform)
    return [tokens.squeeze(1), torch.log(mixture.gather(1, tokens)).squeeze(1)]
