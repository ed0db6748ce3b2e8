# TorchScript, read by libtorch, not run by Python.
# Products with weights that are resident (networks/ResidentWeights), as free functions: packed by oneDNN, int8 with a
# scale per output, or plain, (out, in) in the type of the product.

def holds(w: Dict[str, Tensor]) -> bool:
  return torch.__contains__(w, "head.weight")

# x (..., in) to (..., out). `activation` is none or gelu, `algorithm` the form of gelu.
def linear(w: Dict[str, Tensor], name: str, x: Tensor, bias: Optional[Tensor], activation: str, algorithm: str) -> Tensor:
  weight = w[name + ".weight"]
  rows = torch.numel(x) // x.size(-1)
  if weight.dtype == 1 and rows > 4:  # for so many the int8 kernel is slower than the others
    weight = w[name + ".rows"]
  if weight.is_mkldnn:
    none = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x.to(weight.dtype), weight, bias, activation, none, algorithm)
  if weight.dtype == 1:
    y = torch._weight_int8pack_mm(x.to(15).view([-1, x.size(-1)]), weight, w[name + ".scale"])
    if bias is not None:
      y = y + bias
    y = y.view(x.size()[:-1] + [weight.size(0)])
  else:
    y = torch.linear(x.to(weight.dtype), weight, bias)
  if activation == "gelu":
    y = torch.gelu(y, approximate=algorithm)
  return y
