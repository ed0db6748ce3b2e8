# TorchScript, read by libtorch, not run by Python.
# An encoder and a decoder of LSTM layers (Sutskever, Vinyals & Le 2014, "Sequence to Sequence Learning with Neural
# Networks"; Hochreiter & Schmidhuber 1997), with attention over the encoder's states where `attention` says so (Luong,
# Pham & Manning 2015, global, "general", eq. 5 and 8). The encoder reads the source in both directions, and layer k of the
# decoder begins in the last states of the encoder's layer k, both directions side by side. Weights of the LSTM carry
# the names of torch.nn.LSTM. Beside the language model stand the heads of heads.py on the decoder's state.
# Deviations: (1) the source is not reversed, since it is read in both directions; (2) embeddings are shared by encoder,
# decoder and vocabulary, and multiplied by sqrt(D) where they are read (Vaswani et al. 2017, section 3.4); (3) the
# attention's result is not fed to the next step, so that a known reply is read in one call; (4) products with the
# vocabulary and of the attention run in the type `compute` (f32 = 6, bf16 = 15), everything else in f32; (5) dropout is before and after the
# recurrences, not between layers, where `torch.lstm` would draw from the engine's generator.
# R rows of sources and replies, S source tokens, T reply tokens, D width, L layers, V vocabulary, N chosen rows, B slots.
class LstmSeq2Seq(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  layers : int
  attention : bool
  compute : int
  dropout : float
  lora_scale : float
  share_trunk : bool
  estimates : str

  def parameters(self, w: Dict[str, Tensor], name: str, both: bool) -> List[Tensor]:
    found = annotate(List[Tensor], [])
    for i in range(self.layers):
      for kind in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
        torch.append(found, w[name + "." + kind + "_l" + str(i)])
      if both:
        for kind in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]:
          torch.append(found, w[name + "." + kind + "_l" + str(i) + "_reverse"])
    return found

  def read_tokens(self, w: Dict[str, Tensor], ids: Tensor, keys: List[Tensor], site: int) -> Tensor:
    weight = w["embedding.weight"]
    x = torch.embedding(weight, ids) * torch.sqrt(weight.size(1))
    return __torch__.dropping.drop(x, self.dropout, keys, site)  # (..., D)

  # The encoder's states (R, S, D), zero behind each source's end, and the decoder's first h and c (L, R, D). Padding is
  # left out of the recurrence, which would otherwise begin in it from the right.
  def encode(self, w: Dict[str, Tensor], source: Tensor, lengths: Tensor, keys: List[Tensor]) -> List[Tensor]:
    R, S = source.size()
    order = torch.argsort(lengths, 0, True)
    x = self.read_tokens(w, source.index_select(0, order), keys, 0)
    D = x.size(2)
    data, sizes = torch._pack_padded_sequence(x, lengths.index_select(0, order).cpu(), True)
    zero = torch.zeros([2 * self.layers, R, D // 2], device=source.device)
    train = __torch__.dropping.learns(keys)
    states, h, c = torch.lstm(data, sizes, [zero, zero], self.parameters(w, "encoder", True), True, self.layers, 0., train, True)
    padded, _ = torch._pad_packed_sequence(states, sizes, True, 0., S)
    back = torch.argsort(order)
    return [padded.index_select(0, back), self.begin(h, back), self.begin(c, back)]

  # Last states (2L, R, D/2), layer by layer and in each both directions, to (L, R, D).
  def begin(self, last: Tensor, back: Tensor) -> Tensor:
    twoL, R, half = last.size()
    sides = last.index_select(1, back).view([self.layers, 2, R, half])
    return sides.transpose(1, 2).reshape([self.layers, R, 2 * half])

  # The decoder's LSTM from h and c (L, R, D) over x (R, T, D): states (R, T, D), then the last h and c.
  def recur(self, w: Dict[str, Tensor], x: Tensor, h: Tensor, c: Tensor, keys: List[Tensor]) -> List[Tensor]:
    train = __torch__.dropping.learns(keys)
    states, last_h, last_c = torch.lstm(x, [h, c], self.parameters(w, "decoder", False), True, self.layers, 0., train, False, True)
    return [states, last_h, last_c]

  def product(self, x: Tensor, weight: Tensor) -> Tensor:
    return torch.linear(x.to(self.compute), weight.to(self.compute)).to(6)

  # What the decoder says: its states (R, T, D), with what they find in the encoder's `memory` (R, S, D) of `lengths` (R).
  def attend(self, w: Dict[str, Tensor], states: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
    if not self.attention:
      return states
    keys = memory.to(self.compute)
    scores = torch.matmul(self.product(states, w["attention.query.weight"]).to(self.compute), keys.transpose(1, 2)).to(6)
    places = torch.arange(memory.size(1), device=memory.device).unsqueeze(0)
    outside = (places >= lengths.unsqueeze(1)).unsqueeze(1)  # (R, 1, S)
    shares = torch.softmax(torch.masked_fill(scores, outside, -100000.), 2)  # (R, T, S)
    found = torch.matmul(shares.to(self.compute), keys).to(6)
    return torch.tanh(self.product(torch.cat([found, states], 2), w["attention.out.weight"]))

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
    encoded = self.encode(w, turns[0], turns[1], keys)
    states = self.recur(w, self.read_tokens(w, turns[2], keys, 1), encoded[1], encoded[2], keys)[0]
    hidden = self.attend(w, __torch__.dropping.drop(states, self.dropout, keys, 2), encoded[0], turns[1])
    hidden = hidden.reshape([-1, hidden.size(2)])  # (R*T, D)
    log_pi = torch.log_softmax(self.logits(w, hidden.index_select(0, rows)), 1, 6)
    states = hidden.index_select(0, value_rows)
    if not self.share_trunk:
      states = states.detach()
    return [log_pi] + __torch__.heads.estimates(w, states, self.estimates)

  # The mean (B, D) of the encoder's states of each sequence, whose `lengths` (B) leave padding out.
  def embed(self, w: Dict[str, Tensor], ids: Tensor, lengths: Tensor) -> Tensor:
    return __torch__.pooling.mean(self.encode(w, ids, lengths, __torch__.dropping.never())[0], lengths)

  # Generation keeps of each slot the encoder's states (B, C, D), the source's length (B), h and c (B, L, D).
  # Encodes whole prompts, of which the decoder reads the `last` token (B); what is `ahead` of it.
  def prefill(self, w: Dict[str, Tensor], kept: List[Tensor], slots: Tensor, ids: Tensor, last: Tensor) -> List[Tensor]:
    lengths = last + 1
    encoded = self.encode(w, ids, lengths, __torch__.dropping.never())
    if self.attention:
      at = [slots.unsqueeze(1), torch.arange(ids.size(1), device=ids.device).unsqueeze(0)]
      _0 = torch.index_put_(kept[0], at, encoded[0])
    _1 = torch.index_put_(kept[-3], [slots], lengths.to(6))
    x = self.read_tokens(w, ids.gather(1, last.unsqueeze(1)), __torch__.dropping.never(), 1)  # (B, 1, D)
    step = self.recur(w, x, encoded[1], encoded[2], __torch__.dropping.never())
    _2 = torch.index_put_(kept[-2], [slots], step[1].transpose(0, 1))
    _3 = torch.index_put_(kept[-1], [slots], step[2].transpose(0, 1))
    return self.ahead(w, self.attend(w, step[0], encoded[0], lengths).squeeze(1))

  # One token further for the slots 0..B-1: ids (B); every source is shorter than `reach`; what is `ahead`.
  def decode(self, w: Dict[str, Tensor], kept: List[Tensor], ids: Tensor, positions: Tensor, reach: int) -> List[Tensor]:
    B = ids.size(0)
    h = kept[-2][:B]
    c = kept[-1][:B]
    x = self.read_tokens(w, ids.unsqueeze(1), __torch__.dropping.never(), 1)
    step = self.recur(w, x, h.transpose(0, 1).contiguous(), c.transpose(0, 1).contiguous(), __torch__.dropping.never())
    _0 = torch.copy_(h, step[1].transpose(0, 1))
    _1 = torch.copy_(c, step[2].transpose(0, 1))
    memory = step[0]
    if self.attention:
      memory = kept[0][:B].slice(1, 0, reach)
    return self.ahead(w, self.attend(w, step[0], memory, kept[-3][:B]).squeeze(1))
