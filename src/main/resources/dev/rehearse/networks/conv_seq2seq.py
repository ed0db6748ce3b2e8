# TorchScript, read by libtorch, not run by Python.
# An encoder and a decoder of gated convolutions with residuals (Gehring et al. 2017, "Convolutional Sequence to Sequence
# Learning"; gates: Dauphin et al. 2017), the decoder's causal, each of its layers with attention over the encoder's states.
# Beside the language model stand the heads of heads.py on the decoder's state.
# Deviations: (1) every layer is as wide as the embedding, so that there are no projections between widths; (2) one table
# of tokens for encoder, decoder and vocabulary, its rows and the positions' multiplied by sqrt(D) where they are read, and
# attention's products by 1/sqrt(D) (Vaswani et al. 2017, sections 3.4 and 3.2.1); (3) neither weight normalisation nor
# scaled gradients of the encoder; (4) matrix products run in the type `compute` (f32 = 6, bf16 = 15), everything else in f32.
# R rows of sources and replies, S source tokens, T reply tokens, D width, K kernel, V vocabulary, N chosen rows, B slots.
class ConvSeq2Seq(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  encoder_layers : int
  decoder_layers : int
  kernel : int
  compute : int
  dropout : float
  lora_scale : float
  share_trunk : bool
  estimates : str

  def product(self, x: Tensor, weight: Tensor) -> Tensor:
    return torch.linear(x.to(self.compute), weight.to(self.compute)).to(6)

  def project(self, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return self.product(x, w[name + ".weight"]) + w[name + ".bias"]

  # Tokens and where they stand, (..., D).
  def read_tokens(self, w: Dict[str, Tensor], part: str, ids: Tensor, positions: Tensor, keys: List[Tensor], site: int) -> Tensor:
    weight = w["embedding.weight"]
    x = torch.embedding(weight, ids) + torch.embedding(w[part + ".positions.weight"], positions)
    return __torch__.dropping.drop(x * torch.sqrt(weight.size(1)), self.dropout, keys, site)

  # Windows (..., D, K) of K neighbouring inputs through a gated convolution, (..., D). As one matrix product: there is one
  # shape less for oneDNN than lengths, and decoding does the same.
  def gated(self, w: Dict[str, Tensor], name: str, windows: Tensor) -> Tensor:
    weight = w[name + ".weight"]  # (2D, D, K)
    both = self.product(windows.flatten(-2), weight.flatten(1)) + w[name + ".bias"]
    return torch.glu(both, -1)

  # What the kernel sees at each place of x (R, T, D): `before` inputs of the past, its own and, where the kernel is longer,
  # the next; zeros beyond the ends.
  def windows(self, x: Tensor, before: int) -> Tensor:
    padded = torch.constant_pad_nd(x, [0, 0, before, self.kernel - 1 - before])
    return padded.unfold(1, self.kernel, 1)  # (R, T, D, K)

  # What the decoder looks for, and what it finds there: the last states (R, S, D), zero behind each source's end, and the
  # same plus what stands there.
  def encode(self, w: Dict[str, Tensor], source: Tensor, lengths: Tensor, keys: List[Tensor]) -> List[Tensor]:
    positions = torch.arange(source.size(1), device=source.device)
    inside = (positions.unsqueeze(0) < lengths.unsqueeze(1)).unsqueeze(2)  # (R, S, 1)
    embedded = self.read_tokens(w, "encoder", source, positions, keys, 0)
    x = embedded
    for i in range(self.encoder_layers):
      x = x * inside  # padding is zero, as what lies outside any sequence
      a = __torch__.dropping.drop(x, self.dropout, keys, 1 + i)
      a = self.gated(w, "encoder.layers." + str(i) + ".conv", self.windows(a, self.kernel // 2))
      x = (x + a) * 0.7071067811865476
    x = x * inside
    return [x, (x + embedded * inside) * 0.7071067811865476]

  # What each of (R, T, D) finds in the encoder's states: keys and values (R, S, D) of sources of `lengths` (R).
  def attend(self, w: Dict[str, Tensor], p: str, x: Tensor, embedded: Tensor, memory: List[Tensor], lengths: Tensor) -> Tensor:
    query = (self.project(w, p + ".query", x) + embedded) * 0.7071067811865476
    keys = memory[0].to(self.compute)
    scores = torch.matmul(query.to(self.compute), keys.transpose(1, 2)).to(6) / torch.sqrt(x.size(2))
    places = torch.arange(keys.size(1), device=keys.device).unsqueeze(0)
    outside = (places >= lengths.unsqueeze(1)).unsqueeze(1)  # (R, 1, S)
    shares = torch.softmax(torch.masked_fill(scores, outside, -100000.), 2)  # (R, T, S)
    found = torch.matmul(shares.to(self.compute), memory[1].to(self.compute)).to(6)
    return self.project(w, p + ".out", found)

  # One layer of the decoder: its windows (R, T, D, K), its inputs (R, T, D) and the tokens they began as.
  def layer(self, w: Dict[str, Tensor], i: int, windows: Tensor, x: Tensor, embedded: Tensor, memory: List[Tensor], lengths: Tensor) -> Tensor:
    p = "decoder.layers." + str(i)
    a = self.gated(w, p + ".conv", windows)
    a = (a + self.attend(w, p + ".attention", a, embedded, memory, lengths)) * 0.7071067811865476
    return (x + a) * 0.7071067811865476

  def logits(self, w: Dict[str, Tensor], hidden: Tensor) -> Tensor:
    return self.product(hidden, w["embedding.weight"])  # (N, V)

  # What the tokens after these states are chosen by: logits (N, V) of the language model, and the states (N, D).
  def ahead(self, w: Dict[str, Tensor], hidden: Tensor) -> List[Tensor]:
    return [self.logits(w, hidden), hidden]

  # log pi over the vocabulary (N, V) at the flat positions `rows` (N) of (R, T); V and each Q at `value_rows` (M).
  def read(self, w: Dict[str, Tensor], source: Tensor, lengths: Tensor, reply: Tensor, rows: Tensor, value_rows: Tensor) -> List[Tensor]:
    return self.readings(w, [source, lengths, reply], rows, value_rows, __torch__.dropping.never())

  # The same with dropout by `key`, for gradients.
  def learn(self, w: Dict[str, Tensor], source: Tensor, lengths: Tensor, reply: Tensor, rows: Tensor, value_rows: Tensor, key: Tensor) -> List[Tensor]:
    return self.readings(w, [source, lengths, reply], rows, value_rows, [key])

  def readings(self, w: Dict[str, Tensor], turns: List[Tensor], rows: Tensor, value_rows: Tensor, keys: List[Tensor]) -> List[Tensor]:
    memory = self.encode(w, turns[0], turns[1], keys)
    positions = torch.arange(turns[2].size(1), device=rows.device)
    site = 1 + self.encoder_layers
    embedded = self.read_tokens(w, "decoder", turns[2], positions, keys, site)
    x = embedded
    for i in range(self.decoder_layers):
      windows = self.windows(__torch__.dropping.drop(x, self.dropout, keys, site + 1 + i), self.kernel - 1)
      x = self.layer(w, i, windows, x, embedded, memory, turns[1])
    hidden = x.reshape([-1, x.size(2)])  # (R*T, D)
    chosen = __torch__.dropping.drop(hidden.index_select(0, rows), self.dropout, keys, site + 1 + self.decoder_layers)
    log_pi = torch.log_softmax(self.logits(w, chosen), 1, 6)
    states = hidden.index_select(0, value_rows)
    if not self.share_trunk:
      states = states.detach()
    return [log_pi] + __torch__.heads.estimates(w, states, self.estimates)

  # The mean (B, D) of the encoder's states of each sequence, whose `lengths` (B) leave padding out.
  def embed(self, w: Dict[str, Tensor], ids: Tensor, lengths: Tensor) -> Tensor:
    return __torch__.pooling.mean(self.encode(w, ids, lengths, __torch__.dropping.never())[0], lengths)

  # Generation keeps of each slot the encoder's keys and values (B, C, D), the source's length (B), and of each layer of the
  # decoder its last inputs (B, K-1, D).
  # Encodes whole prompts, of which the decoder reads the `last` token (B); what is `ahead` of it.
  def prefill(self, w: Dict[str, Tensor], kept: List[Tensor], slots: Tensor, ids: Tensor, last: Tensor) -> List[Tensor]:
    lengths = last + 1
    memory = self.encode(w, ids, lengths, __torch__.dropping.never())
    at = [slots.unsqueeze(1), torch.arange(ids.size(1), device=ids.device).unsqueeze(0)]
    _0 = torch.index_put_(kept[0], at, memory[0])
    _1 = torch.index_put_(kept[1], at, memory[1])
    _2 = torch.index_put_(kept[2], [slots], lengths.to(6))
    embedded = self.read_tokens(w, "decoder", ids.gather(1, last.unsqueeze(1)), torch.zeros_like(last).unsqueeze(1), __torch__.dropping.never(), 0)
    x = embedded  # (B, 1, D)
    for i in range(self.decoder_layers):
      padded = torch.constant_pad_nd(x, [0, 0, self.kernel - 1, 0])
      _3 = torch.index_put_(kept[3 + i], [slots], padded.slice(1, 1))
      x = self.layer(w, i, padded.unfold(1, self.kernel, 1), x, embedded, memory, lengths)
    return self.ahead(w, x.squeeze(1))

  # One token further for the slots 0..B-1: ids (B) at `positions` (B); every source is shorter than `reach`; what is `ahead`.
  def decode(self, w: Dict[str, Tensor], kept: List[Tensor], ids: Tensor, positions: Tensor, reach: int) -> List[Tensor]:
    B = ids.size(0)
    memory = [kept[0][:B].slice(1, 0, reach), kept[1][:B].slice(1, 0, reach)]
    lengths = kept[2][:B]
    since = torch.clamp(positions - lengths.to(4) + 1, min=0)  # from the source's last token
    embedded = self.read_tokens(w, "decoder", ids, since, __torch__.dropping.never(), 0).unsqueeze(1)
    x = embedded  # (B, 1, D)
    for i in range(self.decoder_layers):
      window = torch.cat([kept[3 + i][:B], x], 1)  # (B, K, D)
      _0 = torch.copy_(kept[3 + i][:B], window.slice(1, 1))
      x = self.layer(w, i, window.unfold(1, self.kernel, 1), x, embedded, memory, lengths)
    return self.ahead(w, x.squeeze(1))
