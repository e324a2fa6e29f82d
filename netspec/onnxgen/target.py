"""What a model is written for."""

from __future__ import annotations

from dataclasses import dataclass

from onnx import TensorProto

from netspec.machine.errors import UnusableError

#: Operator sets that the layers are written for, and the version of the format that carries them.
#: Said here, for the onnx package's own defaults are newer than ONNX Runtime reads.
OPSETS, IR_VERSION = (21, 22, 23), 10
#: Where convolution and pooling first take a type that is not as old as they are.
_FIRST_OPSET = {"bfloat16": 22}
#: What the free batch axis is called.
BATCH_AXIS = "N"
ELEMENTS = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int64": TensorProto.INT64,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a model is written for: operator set, batch size (None: any), and the type in which it
    keeps weights and computes.
    """

    opset: int = OPSETS[0]
    batch: int | None = None
    dtype: str = "float32"

    @classmethod
    def choose(cls, opset: int | None, batch: int | None, dtype: str) -> Target:
        """The target with the lowest operator set that has the type, where none is named.

        UnusableError where the layers cannot be written in the operator set.
        """
        there = [known for known in OPSETS if known >= _FIRST_OPSET.get(dtype, 0)]
        if opset is not None and opset not in there:
            choices = ", ".join(map(str, there))
            raise UnusableError(f"opset {opset} cannot be written; for {dtype} there are {choices}")
        return cls(there[0] if opset is None else opset, batch, dtype)


#: Any batch size, in float32.
DEFAULT = Target()
