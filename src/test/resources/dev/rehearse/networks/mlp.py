# TorchScript, read by libtorch, not run by Python.
# A multi-layer perceptron for tasks with observations instead of text: a state is the last `inputs` tokens up to its
# row, each a 16-bit number. Its "language model" is uniform over the actions, the heads are those of every network.
# B batch, T time, D width, V actions, N and M rows.
class Mlp(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  inputs : int
  actions : int
  compute : int
  dropout : float
  lora_scale : float
  share_trunk : bool
  estimates : str

  def hidden(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor) -> Tensor:
    back = torch.arange(1 - self.inputs, 1, device=ids.device).unsqueeze(0)  # (1, inputs)
    tokens = torch.take(ids, rows.unsqueeze(1) + back)  # (N, inputs)
    x = (tokens.to(6) - 32768.) / 8192.
    x = torch.cat([x, torch.ones([rows.size(0), 1], device=ids.device)], 1)  # the bias is a weight like the others
    return torch.relu(torch.matmul(x, torch.t(w["in.weight"])))  # (N, D)

  def uniform(self, rows: int, like: Tensor) -> Tensor:
    return torch.zeros([rows, self.actions], device=like.device)

  def read(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor, value_rows: Tensor) -> List[Tensor]:
    log_pi = torch.log_softmax(self.uniform(rows.size(0), rows), 1)
    hidden = self.hidden(w, ids, value_rows)
    return [log_pi] + __torch__.heads.estimates(w, hidden, self.estimates)

  def learn(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor, value_rows: Tensor, key: Tensor) -> List[Tensor]:
    return self.read(w, ids, rows, value_rows)

  def prefill(self, w: Dict[str, Tensor], cache: List[Tensor], slots: Tensor, ids: Tensor, last: Tensor) -> List[Tensor]:
    B, T = ids.size()
    return [self.uniform(B, ids), self.hidden(w, ids, torch.arange(B, device=ids.device) * T + last)]
