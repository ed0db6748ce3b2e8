# TorchScript, read by libtorch, not run by Python.
# GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; weights carry Hugging Face's names,
# projections are stored (in, out). Beside the language model stand the heads of heads.py on the last hidden state.
# Deviations: (1) matrix products run in the type `compute` (f32 = 6, bf16 = 15), everything else in f32;
# (2) logits are computed for chosen rows only, never for all of (B, T).
# Beside a projection there may be an adapter of low rank, multiplied by `lora_scale` (Hu et al. 2021).
# B batch, T time, D width, H heads, V vocabulary, N chosen rows, S slots, C context.
class Gpt2(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  heads : int
  epsilon : float
  gelu : str
  tied : bool
  compute : int
  dropout : float
  lora_scale : float
  share_trunk : bool
  estimates : str

  def project(self, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    bias = w[name + ".bias"]
    if __torch__.resident.holds(w):
      return __torch__.resident.linear(w, name, x, bias, "none", "")
    product = torch.matmul(x.to(self.compute), w[name + ".weight"].to(self.compute))
    if self.lora_scale > 0.:
      if torch.__contains__(w, name + ".lora_A.weight"):
        low = torch.linear(x.to(self.compute), w[name + ".lora_A.weight"].to(self.compute))  # (..., rank)
        product = product + torch.linear(low, w[name + ".lora_B.weight"].to(self.compute)) * self.lora_scale
    return product + bias.to(self.compute)

  def by_head(self, x: Tensor) -> Tensor:
    B, T, D = x.size()
    return x.view([B, T, self.heads, D // self.heads])  # (B, T, H, D/H)

  # Attention of a whole sequence to its past, (B, H, T, D/H) each. On a CPU in f32: libtorch's kernel makes one product
  # per head and block, and in bf16 setting each up in oneDNN costs more than the product.
  def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    if not q.is_cuda:
      q = q.to(6)
      k = k.to(6)
      v = v.to(6)
    return torch.scaled_dot_product_attention(q, k, v, None, 0., True)

  def norm(self, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], self.epsilon)

  def mlp(self, w: Dict[str, Tensor], p: str, x: Tensor) -> Tensor:
    if __torch__.resident.holds(w):
      inner = __torch__.resident.linear(w, p + "mlp.c_fc", x, w[p + "mlp.c_fc.bias"], "gelu", self.gelu)  # (..., 4D)
    else:
      inner = torch.gelu(self.project(w, p + "mlp.c_fc", x), approximate=self.gelu)
    return self.project(w, p + "mlp.c_proj", inner)  # (..., D)

  # Hidden states (B, T, D). With a cache, also stores keys and values of the rows of `slots` (B).
  def trunk(self, w: Dict[str, Tensor], ids: Tensor, cache: List[Tensor], slots: Tensor, keys: List[Tensor]) -> Tensor:
    B, T = ids.size()
    x = torch.embedding(w["wte.weight"], ids) + w["wpe.weight"][:T]  # (B, T, D)
    x = __torch__.dropping.drop(x, self.dropout, keys, 0)
    D = x.size(2)
    for i in range(self.layers):
      p = "h." + str(i) + "."
      a = self.norm(w, p + "ln_1", x)
      qkv = self.project(w, p + "attn.c_attn", a)  # (B, T, 3D)
      parts = torch.split(qkv, D, 2)
      q = self.by_head(parts[0])
      k = self.by_head(parts[1])
      v = self.by_head(parts[2])
      if torch.len(cache) > 0:
        at = [slots.unsqueeze(1), torch.arange(T, device=ids.device).unsqueeze(0)]
        _0 = torch.index_put_(cache[2 * i], at, k.to(cache[2 * i].dtype))
        _1 = torch.index_put_(cache[2 * i + 1], at, v.to(cache[2 * i].dtype))
      a = self.attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
      a = a.transpose(1, 2).reshape([B, T, D])
      a = self.project(w, p + "attn.c_proj", a)
      x = x + __torch__.dropping.drop(a, self.dropout, keys, 2 * i + 1)
      a = self.mlp(w, p, self.norm(w, p + "ln_2", x))
      x = x + __torch__.dropping.drop(a, self.dropout, keys, 2 * i + 2)
    return self.norm(w, "ln_f", x)

  def logits(self, w: Dict[str, Tensor], hidden: Tensor) -> Tensor:
    if __torch__.resident.holds(w):
      return __torch__.resident.linear(w, "head", hidden, None, "none", "").to(6)  # (N, V)
    head = w["wte.weight"] if self.tied else w["lm_head.weight"]
    return torch.matmul(hidden.to(self.compute), head.to(self.compute).t()).to(6)  # (N, V)

  # What the tokens after these states are chosen by: logits (N, V) of the language model, and the states (N, D).
  def ahead(self, w: Dict[str, Tensor], hidden: Tensor) -> List[Tensor]:
    return [self.logits(w, hidden), hidden]

  # log pi over the vocabulary (N, V) at the flat positions `rows` (N) of (B, T); V and each Q at `value_rows` (M).
  def read(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor, value_rows: Tensor) -> List[Tensor]:
    return self.readings(w, ids, rows, value_rows, __torch__.dropping.never())

  # The same with dropout by `key`, for gradients.
  def learn(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor, value_rows: Tensor, key: Tensor) -> List[Tensor]:
    return self.readings(w, ids, rows, value_rows, [key])

  def readings(self, w: Dict[str, Tensor], ids: Tensor, rows: Tensor, value_rows: Tensor, keys: List[Tensor]) -> List[Tensor]:
    none = annotate(List[Tensor], [])
    hidden = self.trunk(w, ids, none, ids, keys)
    hidden = hidden.view([-1, hidden.size(2)])  # (B*T, D)
    log_pi = torch.log_softmax(self.logits(w, hidden.index_select(0, rows)), 1, 6)
    states = hidden.index_select(0, value_rows)
    if not self.share_trunk:
      states = states.detach()
    return [log_pi] + __torch__.heads.estimates(w, states, self.estimates)

  # The mean (B, D) of the hidden states of each sequence, whose `lengths` (B) leave padding out.
  def embed(self, w: Dict[str, Tensor], ids: Tensor, lengths: Tensor) -> Tensor:
    none = annotate(List[Tensor], [])
    return __torch__.pooling.mean(self.trunk(w, ids, none, ids, __torch__.dropping.never()), lengths)

  # Writes the keys and values of whole prompts into `slots` (B); what is `ahead` of each prompt's `last` position (B).
  def prefill(self, w: Dict[str, Tensor], cache: List[Tensor], slots: Tensor, ids: Tensor, last: Tensor) -> List[Tensor]:
    hidden = self.trunk(w, ids, cache, slots, __torch__.dropping.never())
    B, T, D = hidden.size()
    rows = torch.arange(B, device=ids.device) * T + last
    return self.ahead(w, hidden.view([-1, D]).index_select(0, rows))

  # Reads T more tokens of the sequence in `slot`, whose first `start` tokens it holds; what is
  # `ahead` of those from `first` to before `end`.
  def extend(self, w: Dict[str, Tensor], cache: List[Tensor], slot: int, start: int, ids: Tensor, first: int, end: int) -> List[Tensor]:
    T = ids.size(0)
    reach = start + T
    positions = torch.arange(start, reach, device=ids.device)
    x = torch.embedding(w["wte.weight"], ids) + w["wpe.weight"].slice(0, start, reach)  # (T, D)
    D = x.size(1)
    seen = torch.arange(reach, device=ids.device).unsqueeze(0) <= positions.unsqueeze(1)  # (T, reach)
    seen = seen.view([1, 1, T, reach])
    for i in range(self.layers):
      p = "h." + str(i) + "."
      a = self.norm(w, p + "ln_1", x)
      qkv = self.project(w, p + "attn.c_attn", a)  # (T, 3D)
      parts = torch.split(qkv.view([1, T, 3 * self.heads, D // self.heads]), self.heads, 2)  # 3 times (1, T, H, D/H)
      keys = cache[2 * i].slice(0, slot, slot + 1).slice(1, 0, reach)  # (1, reach, H, D/H)
      vals = cache[2 * i + 1].slice(0, slot, slot + 1).slice(1, 0, reach)
      _0 = torch.copy_(keys.slice(1, start, reach), parts[1])
      _1 = torch.copy_(vals.slice(1, start, reach), parts[2])
      q = parts[0].transpose(1, 2).to(keys.dtype)
      a = torch.scaled_dot_product_attention(q, keys.transpose(1, 2), vals.transpose(1, 2), seen, 0., False)
      a = self.project(w, p + "attn.c_proj", a.transpose(1, 2).reshape([T, D]))
      x = x + a
      x = x + self.mlp(w, p, self.norm(w, p + "ln_2", x))
    return self.ahead(w, self.norm(w, "ln_f", x.slice(0, first, end)))

  # One token further for the slots 0..B-1: ids (B) stand at `positions` (B), all below `reach`; what is `ahead`.
  def decode(self, w: Dict[str, Tensor], cache: List[Tensor], ids: Tensor, positions: Tensor, reach: int) -> List[Tensor]:
    B = ids.size(0)
    x = torch.embedding(w["wte.weight"], ids) + torch.embedding(w["wpe.weight"], positions)  # (B, D)
    D = x.size(1)
    at = [torch.arange(B, device=ids.device), positions]
    seen = torch.arange(reach, device=ids.device).unsqueeze(0) <= positions.unsqueeze(1)  # (B, reach)
    seen = seen.view([B, 1, 1, reach])
    for i in range(self.layers):
      p = "h." + str(i) + "."
      a = self.norm(w, p + "ln_1", x)
      qkv = self.project(w, p + "attn.c_attn", a)  # (B, 3D)
      parts = torch.split(qkv.view([B, 1, 3 * self.heads, D // self.heads]), self.heads, 2)  # 3 times (B, 1, H, D/H)
      keys = cache[2 * i]
      vals = cache[2 * i + 1]
      _0 = torch.index_put_(keys, at, parts[1].squeeze(1).to(keys.dtype))
      _1 = torch.index_put_(vals, at, parts[2].squeeze(1).to(keys.dtype))
      k = keys[:B].slice(1, 0, reach).transpose(1, 2)  # (B, H, reach, D/H)
      v = vals[:B].slice(1, 0, reach).transpose(1, 2)
      a = torch.scaled_dot_product_attention(parts[0].transpose(1, 2).to(keys.dtype), k, v, seen, 0., False)
      a = self.project(w, p + "attn.c_proj", a.reshape([B, D]))
      x = x + a
      x = x + self.mlp(w, p, self.norm(w, p + "ln_2", x))
    return self.ahead(w, self.norm(w, "ln_f", x))
