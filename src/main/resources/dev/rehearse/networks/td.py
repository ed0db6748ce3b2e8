# TorchScript, read by libtorch, not run by Python.
# The losses of learning. Targets arrive as numbers: no gradient can flow through them.
# N action tokens, V vocabulary; `weight` (N) carries importance weights and the 1/N of the mean over actions.
class Td(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  alpha : float
  huber_delta : float
  value_weight : float
  kl_weight : float
  bc_weight : float
  expectile : float
  cql_weight : float

  # l of learning: squared error, or Huber's loss where huber_delta > 0 (Huber 1964).
  def distance(self, error: Tensor) -> Tensor:
    loss = error * error * 0.5
    if self.huber_delta > 0.:
      size = torch.abs(error)
      far = self.huber_delta * (size - 0.5 * self.huber_delta)
      loss = torch.where(size <= self.huber_delta, loss, far)
    return loss

  # log pi(a_n | s_n) of the taken tokens (N).
  def taken(self, log_pi: Tensor, actions: Tensor) -> Tensor:
    return log_pi.gather(1, actions.unsqueeze(1)).squeeze(1)

  # Sum over n of the policy's entropy in nats, a scalar.
  def entropy(self, log_pi: Tensor) -> Tensor:
    return torch.neg(torch.sum(torch.exp(log_pi) * log_pi))

  # Cross-entropy of the taken tokens: -sum_n weight_n * log pi(a_n | s_n).
  def nll(self, log_pi: Tensor, actions: Tensor, weight: Tensor) -> Tensor:
    return torch.neg(torch.sum(self.taken(log_pi, actions) * weight))

  # Regression of V(s_n) on returns (N), for warming V up: sum_n weight_n * l(V - target).
  def value(self, values: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    return torch.sum(self.distance(values[:targets.size(0)] - targets) * weight)

  # soft_dqn: Q = V + alpha * ratio, ratio = log pi - log pi0 of the taken token (prior (N): log pi0).
  # Each stream learns from the same error with the other held fixed; the policy's loss is divided by alpha, so that its
  # gradient per log-probability is the error itself, whatever alpha is.
  def soft(self, log_pi: Tensor, values: Tensor, actions: Tensor, prior: Tensor, targets: Tensor, weight: Tensor, demonstration: Tensor) -> Tensor:
    log_prob = self.taken(log_pi, actions)
    values = values[:actions.size(0)]
    ratio = self.alpha * (log_prob - prior)
    value_loss = self.distance(values + ratio.detach() - targets)
    policy_loss = self.distance(values.detach() + ratio - targets) / self.alpha
    loss = torch.sum(weight * (self.value_weight * value_loss + policy_loss))
    return loss - self.bc_weight * torch.sum(weight * demonstration * log_prob)

  # dqn, ilql, mc: each Q head (M, V) towards the targets, and V towards Q of the taken action:
  #   L_Q = sum_heads l(Q - target) + cql_weight * (log sum_a exp Q(s, a) - Q(s, a_n))    (CQL: Kumar et al. 2020, eq. 4)
  #   L_V = |tau - 1{u < 0}| * u^2, u = value_target - V                        (expectile: Kostrikov et al. 2022, eq. 5)
  def q_loss(self, q: List[Tensor], log_pi: Tensor, values: Tensor, actions: Tensor, targets: Tensor, value_targets: Tensor, weight: Tensor, demonstration: Tensor) -> Tensor:
    N = actions.size(0)
    loss = torch.neg(self.bc_weight * torch.sum(weight * demonstration * self.taken(log_pi, actions)))
    for head in q:
      taken = self.taken(head[:N], actions)
      loss = loss + torch.sum(weight * self.distance(taken - targets))
      if self.cql_weight > 0.:
        loss = loss + self.cql_weight * torch.sum(weight * (torch.logsumexp(head[:N], [1]) - taken))
    if self.value_weight > 0.:
      error = value_targets - values[:N]
      side = torch.where(error < 0., 1. - self.expectile, self.expectile)
      loss = loss + self.value_weight * torch.sum(weight * side * error * error)
    return loss

  # Q of the taken tokens (N); of twin heads the smaller.
  def q_taken(self, q: List[Tensor], actions: Tensor) -> Tensor:
    return self.taken(__torch__.heads.least(q)[:actions.size(0)], actions)

  # Double estimate (van Hasselt, Guez & Silver 2016, eq. 4): `valued` (M, V) at the action that `chooser` (M, V) likes
  # best of those that the prior's log pi0 (M, V) supports.
  def best(self, chooser: Tensor, valued: Tensor, prior: Tensor, share: float) -> Tensor:
    inside = __torch__.heads.supported(prior, share)
    action = torch.argmax(torch.masked_fill(chooser, torch.logical_not(inside), -inf), 1)
    return self.taken(valued, action)

  # kl_weight * sum_n weight_n * KL(pi || pi0), with pi0 over the whole vocabulary (N, V); and sum_n KL alone.
  def divergence(self, log_pi: Tensor, prior: Tensor, weight: Tensor) -> List[Tensor]:
    parts = torch.sum(torch.exp(log_pi) * (log_pi - prior), 1)  # (N)
    return [self.kl_weight * torch.sum(weight * parts), torch.sum(parts.detach())]
