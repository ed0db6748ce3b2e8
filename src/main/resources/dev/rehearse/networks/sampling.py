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

  # All changes of logits (B, V) before a token is chosen. The e-th of E changes the logit of `tokens` (E) in `rows` (E),
  # which are distinct pairs: divided by `repetition` (E) where it is positive, else multiplied, then moved by `shift` (E).
  def edited(self, logits: Tensor, rows: Tensor, tokens: Tensor, repetition: Tensor, shift: Tensor) -> Tensor:
    if torch.numel(rows) > 0:
      at = [rows, tokens]
      x = torch.index(logits, at)
      logits = torch.index_put(logits, at, torch.where(x > 0., x / repetition, x * repetition) + shift)
    return logits

  # Draws from the `width` most probable tokens, cut at top_k and then at top_p. Returns tokens (B, 1), and whether the
  # tokens that the cut leaves are all among the `width` (B).
  def narrowed(self, scaled: Tensor, top_k: Tensor, top_p: Tensor, uniform: Tensor, width: int) -> List[Tensor]:
    ordered, order = torch.topk(scaled, width, 1)
    p = torch.exp(ordered - torch.logsumexp(scaled, [1], True))
    within = torch.where(top_k > 0, top_k <= width, torch.sum(p, 1) >= top_p)
    rank = torch.arange(width, device=scaled.device).unsqueeze(0)
    limit = torch.where(top_k > 0, top_k, scaled.size(1)).unsqueeze(1)
    p = torch.masked_fill(p, rank >= limit, 0.)
    whole = torch.where(top_k.unsqueeze(1) > 0, torch.sum(p, 1, True), 1.)
    share = p / whole
    before = torch.cumsum(share, 1) - share
    p = torch.masked_fill(share, (before >= top_p.unsqueeze(1)) & (rank > 0), 0.)
    return [order.gather(1, self.pick(p, uniform)), within]

  # Rows with temperature 0 are greedy. Returns tokens (B), their log-probabilities at temperature 1 and without edits
  # (B), and the `alternatives` most probable tokens with theirs (B, K).
  def choose(self, logits: Tensor, edits: List[Tensor], temperature: Tensor, top_k: Tensor, top_p: Tensor, uniform: Tensor, alternatives: int) -> List[Tensor]:
    changed = self.edited(logits, edits[0], edits[1], edits[2], edits[3])
    tokens = torch.argmax(changed, 1, True)  # (B, 1)
    drawn = temperature > 0.
    if bool(torch.any(drawn)):
      scaled = changed / torch.clamp(temperature, min=1e-6).unsqueeze(1)
      narrow = drawn & ((top_k > 0) | (top_p < 1.))
      if bool(torch.any(drawn & torch.logical_not(narrow))):
        tokens = torch.where(drawn.unsqueeze(1), self.pick(torch.softmax(scaled, 1), uniform), tokens)
      # Only for the rows that ask for it: in another order, the same number is another token. Sorting the whole
      # vocabulary costs milliseconds, so that is for rows whose tokens are not among the first.
      left = torch.nonzero(narrow).squeeze(1)
      width = min(scaled.size(1), 512)
      while torch.numel(left) > 0:
        parts = self.narrowed(scaled.index_select(0, left), top_k.index_select(0, left), top_p.index_select(0, left), uniform.index_select(0, left), width)
        tokens = torch.index_put(tokens, [left], parts[0])
        done = parts[1]
        if width == scaled.size(1):
          done = torch.ones_like(done)
        left = torch.index(left, [torch.logical_not(done)])
        width = scaled.size(1)
    whole = torch.logsumexp(logits, [1], True)  # (B, 1)
    top = torch.topk(logits, alternatives, 1)
    return [tokens.squeeze(1), (logits.gather(1, tokens) - whole).squeeze(1), top[1], top[0] - whole]

  # The behaviour policy: with probability epsilon a token of the prior at its own temperature, else one of the policy.
  # Drawn from the mixture itself; returns tokens (B) and log of the mixture's probability of each (B).
  def explore(self, policy: Tensor, prior: Tensor, epsilon: float, temperature: float, prior_temperature: float, top_k: int, uniform: Tensor) -> List[Tensor]:
    mixture = (1. - epsilon) * self.truncated(policy, temperature, top_k) + epsilon * self.truncated(prior, prior_temperature, top_k)
    tokens = self.pick(mixture, uniform)
    return [tokens.squeeze(1), torch.log(mixture.gather(1, tokens)).squeeze(1)]

  # How probable the tokens (N) are that came next: log pi of each (N), and the `alternatives` most probable ones with
  # theirs (N, K).
  def score(self, logits: Tensor, tokens: Tensor, alternatives: int) -> List[Tensor]:
    whole = torch.logsumexp(logits, [1], True)  # (N, 1)
    top = torch.topk(logits, alternatives, 1)
    return [(logits.gather(1, tokens.unsqueeze(1)) - whole).squeeze(1), top[1], top[0] - whole]
