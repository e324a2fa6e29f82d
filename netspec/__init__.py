"""netspec: a compiler for neural networks written as short YAML files.

graph = netspec.load("specs/vgg16.yaml").elaborate()
print(graph.report(batch=32))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.analysis.report import Report as Report
    from netspec.library import Graph as Graph
    from netspec.library import Spec as Spec
    from netspec.library import check as check
    from netspec.library import load as load
    from netspec.runtime.session import Session as Session
    from netspec.text.diagnostics import Diagnostic as Diagnostic
    from netspec.text.diagnostics import SpecError as SpecError

__version__ = "0.1.0"

#: Where each public name lives: `import netspec` alone imports nothing, `netspec.Session` ONNX
#: Runtime.
_HOMES = {
    "Diagnostic": "netspec.text.diagnostics",
    "Graph": "netspec.library",
    "Report": "netspec.analysis.report",
    "Session": "netspec.runtime.session",
    "Spec": "netspec.library",
    "SpecError": "netspec.text.diagnostics",
    "check": "netspec.library",
    "load": "netspec.library",
}

__all__ = [
    "Diagnostic",
    "Graph",
    "Report",
    "Session",
    "Spec",
    "SpecError",
    "check",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
