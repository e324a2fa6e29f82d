"""Batch normalisation goes into the layer before it.

With the running statistics it is y = f * (x - mean) + shift in each channel, f = scale /
sqrt(variance + eps). A convolution, a transposed one, a matrix product or another normalisation
before it does the same with its weight times f and its bias (bias - mean) * f + shift (Jacob et al.
2018, "Quantization and training of neural networks", section 3.2).

One *before* a convolution stays: w * (f * x) - w * f * mean loses the digits that x - mean keeps
where the mean is large against the deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.optimise.rewriting import attribute_of, lone_reader, wired
from netspec.onnxgen.optimise.scaling import Scaled, Shifted, computed
from netspec.onnxgen.program import Program, Tensor

#: Operators whose second input is a weight that multiplies channel by channel, its third a bias.
_HOSTS = frozenset({"BatchNormalization", "Conv", "ConvTranspose", "Gemm"})
#: Tensors of which one may be made: a spec can ask for any number of normalisations in a row.
_MOST_SOURCES = 50


def fold_norms(program: Program) -> Program:
    """Each BatchNormalization that alone reads the result of such a layer becomes part of it: the
    layer keeps its name and its tensors' names, and the result has that of the normalisation.
    """
    nodes = {node.output[0]: node for node in program.nodes}
    place = {node.output[0]: node.output[0] for node in program.nodes}  # of results, in `nodes`
    tensors = dict(program.tensors)
    for norm in program.nodes:
        if norm.op_type != "BatchNormalization":
            continue
        at = place.get(norm.input[0])
        host = None if at is None else nodes[at]
        if at is None or host is None or not _folds(program, tensors, host, norm):
            continue
        tensors |= _tensors(host, norm, tensors)
        nodes[at] = wired(host, _inputs(host), norm.output)
        del nodes[norm.output[0]]
        place[norm.output[0]] = at
    return replace(program, nodes=tuple(nodes.values()), tensors=tensors)


def _folds(
    program: Program, tensors: Mapping[str, Tensor], host: NodeProto, norm: NodeProto
) -> bool:
    """Whether a normalisation can go into a node: nobody else reads that node's result or its
    tensors, not too many went there already, and the name of a bias that it gets is free.
    """
    if host.op_type not in _HOSTS or lone_reader(program, norm.input[0]) is None:
        return False
    own = host.input[1:3]
    alone = all(len(program.readers[name]) == 1 for name in own if name in program.readers)
    known = all(name in tensors for name in (*own, *norm.input[1:]))
    room = known and all(len(tensors[name].sources) < _MOST_SOURCES for name in own)
    bias = _bias(host)
    taken = any(bias in there for there in (tensors, program.makers, program.types))
    return alone and room and (bias in own or not taken)


def _tensors(
    host: NodeProto, norm: NodeProto, tensors: Mapping[str, Tensor]
) -> Mapping[str, Tensor]:
    """Weight and bias of a node that normalises too."""
    weight, (scale, shift, mean, variance) = host.input[1], norm.input[1:]
    epsilon = float(attribute_of(norm, "epsilon", 1e-5))
    groups = int(attribute_of(host, "group", 1)) if host.op_type == "ConvTranspose" else None
    before = [tensors[name] for name in host.input[2:3]]
    after = [tensors[name] for name in (scale, variance, mean, shift)]
    return {
        weight: computed(
            tensors[weight].shape,
            Scaled(epsilon, groups),
            (tensors[weight], tensors[scale], tensors[variance]),
        ),
        _bias(host): computed(tensors[shift].shape, Shifted(epsilon), (*before, *after)),
    }


def _bias(host: NodeProto) -> str:
    """The name of a node's bias, or of the one that it would have."""
    return host.input[2] if len(host.input) > 2 else f"{host.name}.bias"


def _inputs(host: NodeProto) -> list[str]:
    """What a node reads when it has a bias."""
    return [*host.input[:2], _bias(host), *host.input[3:]]
