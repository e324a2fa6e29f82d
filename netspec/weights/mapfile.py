"""A file that maps the names of a weight file's tensors to ours, as `weights: {map: ...}` does."""

from __future__ import annotations

from pathlib import Path

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.text.decode import decode
from netspec.text.diagnostics import Diagnostic, SpecError
from netspec.text.document import read_document
from netspec.text.outputs import WeightsFile
from netspec.text.printable import printable
from netspec.text.render import concise
from netspec.text.tree import Mapping, Scalar


def read_map(path: Path, weights: Path) -> WeightsFile:
    """A weight file with the names that a map file gives its tensors.

    The map is YAML, `theirs: ours` on each line.  UnusableError, with the places of all mistakes,
    where it is something else.
    """
    refuse_no_file(path)
    try:
        source = decode(path.read_bytes(), str(path))
        tree, faults = read_document(source)
    except OSError as error:
        raise UnusableError(f"{printable(str(path))}: {error.strerror or error}") from error
    except SpecError as error:
        raise _refused(path, list(error.diagnostics)) from None
    if not isinstance(tree, Mapping):
        raise _refused(path, [Diagnostic("mapping-expected", "a map is `theirs: ours`", tree.span)])
    for _, value in tree.entries:
        if not isinstance(value, Scalar) or not isinstance(value.value, str):
            faults.append(Diagnostic("wrong-type", "a name of ours must stand here", value.span))
    if faults:
        raise _refused(path, faults)
    names = {key.text: value.text for key, value in tree.entries if isinstance(value, Scalar)}
    return WeightsFile(weights, names, tree.span)


def _refused(path: Path, faults: list[Diagnostic]) -> UnusableError:
    lines = "".join(f"\n  {concise(fault)}" for fault in faults)
    return UnusableError(
        f"{printable(str(path))} is no map of names:{lines}",
        help="write one pair on a line, such as `features.0: conv1`",
    )
