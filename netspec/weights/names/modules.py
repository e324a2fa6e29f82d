"""The names of a file as a tree of modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from netspec.text.limits import MAX_DEPTH
from netspec.weights.names.slots import Shapes
from netspec.weights.stored import Stored

#: What PyTorch, and libraries that name after others, call a layer's tensors -> what we call them.
_OURS = {
    **{name: name for name in ("weight", "bias", "running_mean", "running_var")},
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_var": "running_var",
}


@dataclass(frozen=True, eq=False)
class Module:
    """A module of a file: what has tensors of its own, which are its `tensors` by our names for
    them, or else has `children`.

    One that has both keeps its own tensors in a child without a name.
    """

    path: str
    children: Mapping[str, Module]
    tensors: Mapping[str, str]
    shapes: Shapes = ()

    @cached_property
    def leaves(self) -> tuple[Module, ...]:
        """The modules below it that have tensors, or it itself."""
        if not self.children:
            return (self,)
        return tuple(leaf for child in self.children.values() for leaf in child.leaves)

    @property
    def size(self) -> int:
        """How many layers it stands for."""
        return len(self.leaves)


def read_modules(stored: Mapping[str, Stored]) -> tuple[Module, tuple[str, ...]]:
    """The tree of a file's names, and the tensors that are none of a layer's."""
    owners: dict[str, dict[str, str]] = {}
    strangers = []
    for name in stored:
        path, _, last = name.rpartition(".")
        ours = _OURS.get(last)
        if ours is None or ours in owners.get(path, ()) or path.count(".") >= MAX_DEPTH:
            strangers.append(name)
        else:
            owners.setdefault(path, {})[ours] = name
    leaves = [
        Module(path, {}, tensors, tuple(sorted((n, stored[t].shape) for n, t in tensors.items())))
        for path, tensors in owners.items()
    ]
    return _grown("", leaves, 0), tuple(strangers)


def _grown(path: str, leaves: Iterable[Module], depth: int) -> Module:
    """The module at a path of so many parts, above those leaves."""
    below: dict[str, list[Module]] = {}
    own: Module | None = None
    for leaf in leaves:
        parts = leaf.path.split(".") if leaf.path else []
        if len(parts) == depth:
            own = leaf
        else:
            below.setdefault(parts[depth], []).append(leaf)
    if own is not None and not below:
        return own
    children = {
        name: _grown(f"{path}.{name}" if depth else name, inside, depth + 1)
        for name, inside in below.items()
    }
    return Module(path, children if own is None else {"": own, **children}, {})


def without(module: Module, dropped: Iterable[str]) -> Module:
    """The module without some of its children."""
    gone = set(dropped)
    kept = {name: child for name, child in module.children.items() if name not in gone}
    return replace(module, children=kept)


def trunk(root: Module) -> Module:
    """The first module with several children: what is above it is a prefix of all names."""
    while len(root.children) == 1:
        (root,) = root.children.values()
    return root


def with_open_lists(module: Module) -> Module:
    """The tree with lists that stand side by side taken apart: `convs.0`, `norms.0`, `convs.1`.

    A list of modules is no module itself: what runs may alternate between lists.
    """
    if not module.children:
        return module
    children = {name: with_open_lists(child) for name, child in module.children.items()}
    lists = [name for name, child in children.items() if _is_list(child)]
    if len(lists) < 2:
        return replace(module, children=children)
    opened: dict[str, Module] = {}
    for name, child in children.items():
        if name in lists:
            opened |= {f"{name}.{inner}": each for inner, each in child.children.items()}
        else:
            opened[name] = child
    return replace(module, children=opened)


def _is_list(module: Module) -> bool:
    return len(module.children) > 1 and all(name.isdecimal() for name in module.children)
