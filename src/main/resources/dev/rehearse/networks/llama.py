# TorchScript, read by libtorch, not run by Python.
# Llama: Touvron et al. 2023, "Llama 2"; Dubey et al. 2024, "The Llama 3 Herd of Models". Root-mean-square norms (Zhang &
# Sennrich 2019), rotary positions (Su et al. 2021, in two halves as Hugging Face stores them), SwiGLU (Shazeer 2020),
# grouped-query attention (Ainslie et al. 2023). Qwen 2 is the same with biases on queries, keys and values: a projection
# has a bias where the file has one. Weights carry Hugging Face's names, projections are stored (out, in). Beside the
# language model stand the heads of heads.py on the last hidden state.
# Deviations: (1) matrix products run in the type `compute` (f32 = 6, bf16 = 15), everything else in f32;
# (2) logits are computed for chosen rows only, never for all of (B, T).
# Beside a projection there may be an adapter of low rank, multiplied by `lora_scale` (Hu et al. 2021).
# B batch, T time, D width, H heads, G heads of keys and values, W width of a head, V vocabulary, N chosen rows, S slots,
# C context.
class Llama(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  heads : int
  kv_heads : int
  head_width : int
  epsilon : float
  rope_theta : float
  rope_factor : float
  rope_low : float
  rope_high : float
  rope_context : float
  tied : bool
  compute : int
  dropout : float
  lora_scale : float
  share_trunk : bool
  estimates : str

  def project(self, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    if __torch__.resident.holds(w):
      bias = annotate(Optional[Tensor], None)
      if torch.__contains__(w, name + ".bias"):
        bias = w[name + ".bias"]
      return __torch__.resident.linear(w, name, x, bias, "none", "")
    product = torch.linear(x.to(self.compute), w[name + ".weight"].to(self.compute))
    if torch.__contains__(w, name + ".bias"):
      product = product + w[name + ".bias"].to(self.compute)
    if self.lora_scale > 0.:
      if torch.__contains__(w, name + ".lora_A.weight"):
        low = torch.linear(x.to(self.compute), w[name + ".lora_A.weight"].to(self.compute))  # (..., rank)
        product = product + torch.linear(low, w[name + ".lora_B.weight"].to(self.compute)) * self.lora_scale
    return product

  def by_head(self, x: Tensor, heads: int) -> Tensor:
    B, T, D = x.size()
    return x.view([B, T, heads, self.head_width])  # (B, T, heads, W)

  # Attention of a whole sequence to its past, (B, H, T, W) each; why in f32 on a CPU: gpt2.py.
  def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    if not q.is_cuda:
      q = q.to(6)
      k = k.to(6)
      v = v.to(6)
    return torch.scaled_dot_product_attention(q, k, v, None, 0., True)

  def norm(self, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return torch.rms_norm(x, [x.size(-1)], w[name + ".weight"], self.epsilon)

  def mlp(self, w: Dict[str, Tensor], p: str, x: Tensor) -> Tensor:
    inner = torch.silu(self.project(w, p + "mlp.gate_proj", x)) * self.project(w, p + "mlp.up_proj", x)
    return self.project(w, p + "mlp.down_proj", inner)  # (..., D)

  # Angles (..., W/2) of positions (...). Llama 3's scaling: waves longer than the original context allows for are
  # stretched by `rope_factor`, short ones are kept, between them the two are mixed; a factor of 1 changes nothing.
  def angles(self, positions: Tensor) -> Tensor:
    steps = torch.arange(0, self.head_width, 2, dtype=6, device=positions.device) / self.head_width
    frequency = torch.reciprocal(torch.pow(self.rope_theta, steps))  # (W/2)
    turns = frequency * (self.rope_context / 6.283185307179586)  # in the original context
    kept = torch.clamp((turns - self.rope_low) / (self.rope_high - self.rope_low), 0., 1.)
    frequency = frequency * (kept + (1. - kept) / self.rope_factor)
    return positions.to(6).unsqueeze(-1) * frequency

  # x (..., T, heads, W) turned by cos and sin (T, 1, W/2).
  def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = self.head_width // 2
    a = x.slice(-1, 0, half)
    b = x.slice(-1, half)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).to(x.dtype)

  # (B, T, G, W) to (B, H, T, W): each head of keys serves H/G neighbouring heads of queries.
  def for_queries(self, x: Tensor) -> Tensor:
    B, T, G, W = x.size()
    x = x.transpose(1, 2).unsqueeze(2).expand([B, G, self.heads // G, T, W])
    return x.reshape([B, self.heads, T, W])

  # Hidden states (B, T, D). With a cache, also stores keys and values of the rows of `slots` (B).
  def trunk(self, w: Dict[str, Tensor], ids: Tensor, cache: List[Tensor], slots: Tensor, keys: List[Tensor]) -> Tensor:
    B, T = ids.size()
    x = __torch__.dropping.drop(torch.embedding(w["embed_tokens.weight"], ids), self.dropout, keys, 0)  # (B, T, D)
    angles = self.angles(torch.arange(T, device=ids.device)).unsqueeze(1)  # (T, 1, W/2)
    cos = torch.cos(angles)
    sin = torch.sin(angles)
    for i in range(self.layers):
      p = "layers." + str(i) + "."
      a = self.norm(w, p + "input_layernorm", x)
      q = self.rotate(self.by_head(self.project(w, p + "self_attn.q_proj", a), self.heads), cos, sin)
      k = self.rotate(self.by_head(self.project(w, p + "self_attn.k_proj", a), self.kv_heads), cos, sin)
      v = self.by_head(self.project(w, p + "self_attn.v_proj", a), self.kv_heads)
      if torch.len(cache) > 0:
        at = [slots.unsqueeze(1), torch.arange(T, device=ids.device).unsqueeze(0)]
        _0 = torch.index_put_(cache[2 * i], at, k.to(cache[2 * i].dtype))
        _1 = torch.index_put_(cache[2 * i + 1], at, v.to(cache[2 * i].dtype))
      a = self.attend(q.transpose(1, 2), self.for_queries(k), self.for_queries(v))
      a = a.transpose(1, 2).reshape([B, T, self.heads * self.head_width])
      a = self.project(w, p + "self_attn.o_proj", a)
      x = x + __torch__.dropping.drop(a, self.dropout, keys, 2 * i + 1)
      a = self.mlp(w, p, self.norm(w, p + "post_attention_layernorm", x))
      x = x + __torch__.dropping.drop(a, self.dropout, keys, 2 * i + 2)
    return self.norm(w, "norm", x)

  def logits(self, w: Dict[str, Tensor], hidden: Tensor) -> Tensor:
    if __torch__.resident.holds(w):
      return __torch__.resident.linear(w, "head", hidden, None, "none", "").to(6)  # (N, V)
    head = w["embed_tokens.weight"] if self.tied else w["lm_head.weight"]
    return torch.linear(hidden.to(self.compute), head.to(self.compute)).to(6)  # (N, V)

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
    x = torch.embedding(w["embed_tokens.weight"], ids)  # (T, D)
    seen = torch.arange(reach, device=ids.device).unsqueeze(0) <= positions.unsqueeze(1)  # (T, reach)
    seen = seen.view([1, 1, T, reach])
    angles = self.angles(positions).unsqueeze(1)  # (T, 1, W/2)
    cos = torch.cos(angles)
    sin = torch.sin(angles)
    for i in range(self.layers):
      p = "layers." + str(i) + "."
      a = self.norm(w, p + "input_layernorm", x)
      q = self.rotate(self.project(w, p + "self_attn.q_proj", a).view([T, self.heads, self.head_width]), cos, sin)
      k = self.rotate(self.project(w, p + "self_attn.k_proj", a).view([T, self.kv_heads, self.head_width]), cos, sin)
      v = self.project(w, p + "self_attn.v_proj", a).view([T, self.kv_heads, self.head_width])
      keys = cache[2 * i].slice(0, slot, slot + 1).slice(1, 0, reach)  # (1, reach, G, W)
      vals = cache[2 * i + 1].slice(0, slot, slot + 1).slice(1, 0, reach)
      _0 = torch.copy_(keys.slice(1, start, reach), k.unsqueeze(0))
      _1 = torch.copy_(vals.slice(1, start, reach), v.unsqueeze(0))
      q = q.unsqueeze(0).transpose(1, 2).to(keys.dtype)  # (1, H, T, W)
      a = torch.scaled_dot_product_attention(q, self.for_queries(keys), self.for_queries(vals), seen, 0., False)
      a = a.transpose(1, 2).reshape([T, self.heads * self.head_width])
      x = x + self.project(w, p + "self_attn.o_proj", a)
      x = x + self.mlp(w, p, self.norm(w, p + "post_attention_layernorm", x))
    return self.ahead(w, self.norm(w, "norm", x.slice(0, first, end)))

  # One token further for the slots 0..B-1: ids (B) stand at `positions` (B), all below `reach`; what is `ahead`.
  def decode(self, w: Dict[str, Tensor], cache: List[Tensor], ids: Tensor, positions: Tensor, reach: int) -> List[Tensor]:
    B = ids.size(0)
    x = torch.embedding(w["embed_tokens.weight"], ids)  # (B, D)
    at = [torch.arange(B, device=ids.device), positions]
    seen = torch.arange(reach, device=ids.device).unsqueeze(0) <= positions.unsqueeze(1)  # (B, reach)
    seen = seen.view([B, 1, 1, reach])
    angles = self.angles(positions).unsqueeze(1)  # (B, 1, W/2)
    cos = torch.cos(angles)
    sin = torch.sin(angles)
    for i in range(self.layers):
      p = "layers." + str(i) + "."
      a = self.norm(w, p + "input_layernorm", x)
      q = self.rotate(self.project(w, p + "self_attn.q_proj", a).view([B, self.heads, self.head_width]), cos, sin)
      k = self.rotate(self.project(w, p + "self_attn.k_proj", a).view([B, self.kv_heads, self.head_width]), cos, sin)
      v = self.project(w, p + "self_attn.v_proj", a).view([B, self.kv_heads, self.head_width])
      keys = cache[2 * i]
      vals = cache[2 * i + 1]
      _0 = torch.index_put_(keys, at, k.to(keys.dtype))
      _1 = torch.index_put_(vals, at, v.to(keys.dtype))
      # The H/G queries that share a head of keys stand where time does: nothing of the cache is repeated.
      q = q.view([B, self.kv_heads, self.heads // self.kv_heads, self.head_width]).to(keys.dtype)
      k = keys[:B].slice(1, 0, reach).transpose(1, 2)  # (B, G, reach, W)
      v = vals[:B].slice(1, 0, reach).transpose(1, 2)
      a = torch.scaled_dot_product_attention(q, k, v, seen, 0., False)  # (B, G, H/G, W)
      x = x + self.project(w, p + "self_attn.o_proj", a.reshape([B, self.heads * self.head_width]))
      x = x + self.mlp(w, p, self.norm(w, p + "post_attention_layernorm", x))
    return self.ahead(w, self.norm(w, "norm", x))
