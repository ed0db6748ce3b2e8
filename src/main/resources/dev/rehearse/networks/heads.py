# TorchScript, read by libtorch, not run by Python.
# Value functions on the hidden states of any network, as free functions: `__torch__.heads.estimates(...)`. Which there
# are is named by `kind`: v, q, dueling, v_q, v_twin_q. Each is two layers; those over the vocabulary start at zero.
# M states, D width, V vocabulary, B rows.

# D -> D -> D' with a rectifier between.
def layers(w: Dict[str, Tensor], name: str, hidden: Tensor) -> Tensor:
  inner = torch.relu(torch.linear(hidden, w[name + ".fc.weight"], w[name + ".fc.bias"]))
  return torch.linear(inner, w[name + ".out.weight"], w[name + ".out.bias"])

def value(w: Dict[str, Tensor], hidden: Tensor) -> Tensor:
  return __torch__.heads.layers(w, "value", hidden).squeeze(1)  # (M)

# Q(s, .) of each head, (M, V) each; none for kind v. Dueling: Wang et al. 2016, eq. 9.
def q_values(w: Dict[str, Tensor], hidden: Tensor, kind: str) -> List[Tensor]:
  q = annotate(List[Tensor], [])
  if kind == "dueling":
    advantage = __torch__.heads.layers(w, "value.q1", hidden)
    state = __torch__.heads.layers(w, "value", hidden)  # (M, 1)
    torch.append(q, state + advantage - torch.mean(advantage, [1], True))
  elif kind != "v":
    torch.append(q, __torch__.heads.layers(w, "value.q1", hidden))
    if kind == "v_twin_q":
      torch.append(q, __torch__.heads.layers(w, "value.q2", hidden))
  return q

# V (M), then Q of each head (M, V). Where nothing else is V, it is max Q.
def estimates(w: Dict[str, Tensor], hidden: Tensor, kind: str) -> List[Tensor]:
  q = __torch__.heads.q_values(w, hidden, kind)
  if kind == "q":
    value = torch.amax(q[0], [1]).detach()
  else:
    value = __torch__.heads.value(w, hidden)
  return [value] + q

# The smaller of twin heads, or the only one.
def least(q: List[Tensor]) -> Tensor:
  smallest = q[0]
  for other in q:
    smallest = torch.minimum(smallest, other)
  return smallest

# Which actions (M, V) have at least `share` of the likeliest one's probability under log_pi (M, V).
def supported(log_pi: Tensor, share: float) -> Tensor:
  if share > 0.:
    floor = torch.amax(log_pi, [1], True) + torch.log(share)
    inside = log_pi >= floor
  else:
    inside = torch.ones_like(log_pi) > 0.
  return inside

# Logits (N, V) of log pi + beta * (Q - V) over the supported tokens (ILQL: Snell et al. 2023, section 4.3), beta (N, 1).
# Softmax takes no notice of V(s); Q is measured from its largest supported value instead, so that any beta stays finite.
def guided(logits: Tensor, q: Tensor, beta: Tensor, share: float) -> Tensor:
  log_pi = torch.log_softmax(logits, 1)
  inside = __torch__.heads.supported(log_pi, share)
  best = torch.amax(torch.masked_fill(q, torch.logical_not(inside), -inf), [1], True)
  return torch.masked_fill(log_pi + beta * (q - best), torch.logical_not(inside), -100000.)
