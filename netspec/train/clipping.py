"""Gradients that are kept from being too large together."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.layers.emitter import Emitter
from netspec.train.terms import Term

#: Added to the norm, as torch.nn.utils.clip_grad_norm_ does.
_EPS = 1e-6


def clipped(emit: Emitter, gradients: Sequence[str], largest: float) -> Sequence[str]:
    """Emit the gradients times min(1, largest / norm), by the norm of all of them together.

    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural
    networks", section 3.2.
    """
    tensors = [Term(name, emit) for name in gradients]
    first, *rest = (tensor.op("ReduceSumSquare", keepdims=0) for tensor in tensors)
    norm = first.op("Sum", *rest).sqrt()
    factor = (largest / (norm + _EPS)).op("Min", 1.0)
    return tuple((tensor * factor).name for tensor in tensors)
