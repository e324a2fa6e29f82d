"""What ONNX Runtime's GPU providers are asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuOptions:
    """The options of the CUDA and TensorRT providers for one session.

    `half`: the model computes in 16 bits; `tf32`: float32 products may be rounded to TF32;
    `graph`: every run has the same shapes, and is captured as a CUDA graph once and replayed.

    | option of the CUDA provider | value | because |
    | --- | --- | --- |
    | `cudnn_conv_algo_search` | `EXHAUSTIVE` | the better heuristic, asked once a shape |
    | `cudnn_conv_use_max_workspace` | 1 | tensor cores may need more than the 32 MB of 0 |
    | `prefer_nhwc` | 1 in 16 bits or with TF32 | tensor cores read that order |
    | `use_tf32` | 1 in 16 bits or with TF32 | 0 bars all tensor cores from convolutions |
    | `arena_extend_strategy` | `kSameAsRequested` | shapes stay; doubling would be waste |
    | `enable_cuda_graph` | as `graph` | one launch a run instead of one a kernel |

    These follow what the providers' documentation and source say each option does. They are to be
    chosen by measurement (`tests/benchmarks/gpu.py` times the alternatives).
    """

    index: int = 0
    half: bool = False
    tf32: bool = False
    graph: bool = False

    def cuda(self) -> dict[str, str]:
        """Options of the CUDA provider."""
        tensor_cores = "1" if self.half or self.tf32 else "0"
        return {
            "device_id": str(self.index),
            "cudnn_conv_algo_search": "EXHAUSTIVE",
            "cudnn_conv_use_max_workspace": "1",
            "prefer_nhwc": tensor_cores,
            "use_tf32": tensor_cores,
            "arena_extend_strategy": "kSameAsRequested",
            "enable_cuda_graph": "1" if self.graph else "0",
        }

    def tensorrt(self) -> dict[str, str]:
        """Options of the TensorRT provider, which has no switch for TF32."""
        return {
            "device_id": str(self.index),
            "trt_fp16_enable": "1" if self.half else "0",
            "trt_cuda_graph_enable": "1" if self.graph else "0",
        }
