# TorchScript, read by libtorch, not run by Python.
# Dropout (Srivastava et al. 2014, scaled while learning), as free functions. What is dropped is a function of a key, of the
# site in the network and of the place in the tensor, not of a generator's state: equal keys drop the same, whatever other
# threads draw meanwhile.

# `count` numbers of 31 bits: each place's number through the mixer lowbias32 (Wellons 2018, "Prospecting for Hash
# Functions").
def noise(count: int, key: Tensor, site: int) -> Tensor:
  x = torch.arange(count, dtype=3, device=key.device)
  x = torch.add_(torch.mul_(x, 1640531527), (key * 668265263 + site * 374761393))
  x = torch.mul_(torch.bitwise_xor_(x, torch.bitwise_and_(torch.bitwise_right_shift(x, 16), 65535)), 2146121005)
  x = torch.mul_(torch.bitwise_xor_(x, torch.bitwise_and_(torch.bitwise_right_shift(x, 15), 131071)), -2073254261)
  x = torch.bitwise_xor_(x, torch.bitwise_and_(torch.bitwise_right_shift(x, 16), 65535))
  return torch.bitwise_and_(x, 2147483647)

# The keys of where nothing is dropped.
def never() -> List[Tensor]:
  return annotate(List[Tensor], [])

# Whether gradients may be asked for: cuDNN's recurrences keep what they need for them only when told so.
def learns(keys: List[Tensor]) -> bool:
  return torch.len(keys) > 0

# x with about `share` of its numbers zero and the others larger; x itself where there is no key. `keys` holds at most one
# i32 scalar.
def drop(x: Tensor, share: float, keys: List[Tensor], site: int) -> Tensor:
  if __torch__.dropping.learns(keys) and share > 0.:
    dropped = __torch__.dropping.noise(torch.numel(x), keys[0], site) < int(share * 2147483648.)
    x = torch.masked_fill(x, dropped.view(x.size()), 0.) * (1. / (1. - share))
  return x
