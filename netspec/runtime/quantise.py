"""float32 -> int8, statically: by the ranges that each tensor takes on samples, with ONNX Runtime's
own quantizer.

Weights are int8, symmetric, with a scale for each output channel; activations uint8 with a zero
point, with the least and the largest value of the samples as their range; each is a pair of
QuantizeLinear and DequantizeLinear that ONNX Runtime fuses with what stands between. That
combination is the one that it fuses best on the CPU: with int8 activations, convolutions followed
by ADD or RELU stay in float32, and ResNet-18 runs at 0.4 of the speed. Weights keep all 8 bits;
processors without VNNI instructions (x86 before 2019) may saturate sums of two products, which the
7 bits of the quantizer's `reduce_range` would rule out at twice the error everywhere else. Softmax
and normalisation stay float32, as in half precision, and so do inputs and outputs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from netspec.machine.errors import UnusableError
from netspec.machine.resources import size
from netspec.onnxgen.calibration import filled, takes_no_int8, tidied, typed, watched
from netspec.onnxgen.card import Card
from netspec.onnxgen.model import EXTERNAL_ABOVE, separate
from netspec.onnxgen.program import Program
from netspec.runtime.agreement import Agreement, Runner, compare
from netspec.runtime.batch import Batch
from netspec.runtime.errors import RunError
from netspec.runtime.inputs import InputType
from netspec.runtime.start import first_line
from netspec.text.printable import printable
from netspec.weights.values import Values

if TYPE_CHECKING:
    from onnx import ModelProto

#: The least and the largest value of a tensor.
Range: TypeAlias = tuple[np.float32, np.float32]
#: Batches of samples, each time from the first.
Batches: TypeAlias = Callable[[], Iterable[Batch]]


@dataclass(frozen=True)
class Net:
    """What a program takes, for whoever reads samples for it."""

    inputs: Mapping[str, InputType]
    card: Card

    @classmethod
    def of(cls, program: Program) -> Net:
        """The inputs of a program, all float32."""
        batch, dtype = program.target.batch, np.dtype(np.float32)
        kinds = {n: InputType(program.types[n].shape, batch, dtype) for n in program.inputs}
        return cls(kinds, Card.of(program.graph))


def quantised(program: Program, values: Values, batches: Batches) -> tuple[ModelProto, Agreement]:
    """The program in int8, and how it agrees with float32, both by the samples.

    They are asked for twice. UnusableError where the net is too large, RunError where there are no
    samples or a tensor has no finite range.
    """
    if program.nbytes > EXTERNAL_ABOVE:
        raise UnusableError(
            f"{size(program.nbytes)} of weights are more than ONNX Runtime's quantizer takes"
        )
    plain, arrays = separate(program, values)
    model, fixed = typed(plain), program.target.batch
    ranges = _ranges(Runner.of(watched(model), arrays, fixed), batches())
    made = tidied(_quantise(filled(model, arrays), ranges, program), program)
    whole, narrow = Runner.of(plain, arrays, fixed), Runner.of(made, {}, fixed)
    return made, compare(whole, narrow, batches())


def _ranges(runner: Runner, batches: Iterable[Batch]) -> dict[str, Range]:
    """The least and the largest value of each tensor, inputs included."""
    found: dict[str, Range] = {}
    for batch in batches:
        for name, array in (*batch.arrays.items(), *runner.run(batch).items()):
            low, high = found.get(name, (np.float32(np.inf), np.float32(-np.inf)))
            found[name] = np.minimum(low, array.min()), np.maximum(high, array.max())
    if not found:
        raise RunError("there is no sample to calibrate with")
    return found


def _float32(program: Program, ranges: Mapping[str, Range]) -> list[str]:
    """The nodes that stay float32: the exact ones, those around a padding with minus infinity, and
    what the quantizer cannot take.
    """
    endless = {name for name, limits in ranges.items() if not _finite(limits)}
    for name in program.types:
        if name in endless:
            raise RunError(f"`{printable(name)}` is not finite for the samples, so has no range")
    return [
        node.name
        for node in program.nodes
        if node.name in program.exact
        or takes_no_int8(node)
        or not endless.isdisjoint((*node.input, *node.output))
    ]


def _quantise(model: ModelProto, ranges: Mapping[str, Range], program: Program) -> ModelProto:
    finite = {name: limits for name, limits in ranges.items() if _finite(limits)}
    with _silence():
        from onnxruntime.quantization import CalibrationMethod, QDQQuantizer, QuantType
        from onnxruntime.quantization.calibrate import TensorsData
        from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry

        quantizer = QDQQuantizer(
            model,
            per_channel=True,
            reduce_range=False,
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QUInt8,
            tensors_range=TensorsData(CalibrationMethod.MinMax, finite),
            nodes_to_quantize=[],
            nodes_to_exclude=_float32(program, ranges),
            op_types_to_quantize=sorted({*QDQRegistry, *QLinearOpsRegistry}),
            # RELU's range would make it one with the layer before; its name should stay
            extra_options={"QDQKeepRemovableActivations": True},
        )
        try:
            quantizer.quantize_model()
            quantizer.model.topological_sort()
        except Exception as error:  # it raises whatever it stumbles over
            raise RunError(f"the quantizer failed: {first_line(error)}") from error
    made: ModelProto = quantizer.model.model
    return made


def _finite(limits: Range) -> bool:
    return bool(np.isfinite(limits).all())


@contextmanager
def _silence() -> Iterator[None]:
    """The quantizer gives advice through the root logger, which is nobody's to act on here."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
