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
    from netspec.machine.errors import UnusableError as UnusableError
    from netspec.runtime.errors import InputError as InputError
    from netspec.runtime.errors import RunError as RunError
    from netspec.runtime.session import Session as Session
    from netspec.text.diagnostics import Diagnostic as Diagnostic
    from netspec.text.diagnostics import SpecError as SpecError

__version__ = "0.1.0"

#: Where each public name lives: `import netspec` alone imports nothing, `netspec.Session` ONNX
#: Runtime.
_HOMES = {
    "Diagnostic": "netspec.text.diagnostics",
    "Graph": "netspec.library",
    "InputError": "netspec.runtime.errors",
    "Report": "netspec.analysis.report",
    "RunError": "netspec.runtime.errors",
    "Session": "netspec.runtime.session",
    "Spec": "netspec.library",
    "SpecError": "netspec.text.diagnostics",
    "UnusableError": "netspec.machine.errors",
    "check": "netspec.library",
    "load": "netspec.library",
}

__all__ = [
    "Diagnostic",
    "Graph",
    "InputError",
    "Report",
    "RunError",
    "Session",
    "Spec",
    "SpecError",
    "UnusableError",
    "check",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
