"""What a page is made of beside its data: our HTML, CSS and JavaScript, Viz.js, the font.

Viz.js is Graphviz as WebAssembly, kept as npm has it (web/LICENSE says where it is from).
"""

from __future__ import annotations

import re
import zlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from netspec.diagram.palette import DARK, LIGHT, Theme
from netspec.pages.theme import theme

_FOLDER = Path(__file__).parent.parent
_WEB = _FOLDER / "web"
#: The parts of the one script, each built on those before it.
_SCRIPTS = ("model.js", "layout.js", "drawing.js", "panel.js", "main.js")
_FONTS = (("NetspecSans-Regular.ttf", "normal"), ("NetspecSans-Bold.ttf", "bold"))


def asset(name: str) -> str:
    """A text file of ours."""
    return (_WEB / name).read_text("utf-8")


def script() -> str:
    """The script of the page."""
    return "\n".join(map(asset, _SCRIPTS))


def style() -> str:
    """The style of the page: its own, the colours of diagrams in both themes, the font."""
    return "\n".join([theme(), asset("page.css"), *_colours(), *_faces()])


@cache
def engine() -> tuple[str, str]:
    """Viz.js as compressed text, for it holds bytes that no HTML may, and its version."""
    code = (_WEB / "viz-global.js").read_bytes()
    version = re.search(rb"Viz\.js ([\d.]+)", code[:200])
    assert version is not None
    return b64encode(zlib.compress(code, 9)).decode(), version[1].decode()


def _faces() -> Iterator[str]:
    for file, weight in _FONTS:
        data = b64encode((_FOLDER / "fonts" / file).read_bytes()).decode()
        source = f'url("data:font/ttf;base64,{data}")'
        yield f'@font-face{{font-family:"Netspec Sans";font-weight:{weight};src:{source}}}'


def _colours() -> Iterator[str]:
    """Drawings are in the light theme; each of its colours stands for one of the dark theme."""
    for light, dark in dict(palette_pairs(LIGHT, DARK)).items():
        both = f"light-dark({light},{dark})"
        if len(light) == len("#rrggbbaa"):
            yield f'#drawing [fill="{light[:7]}"][fill-opacity]{{fill:{both};fill-opacity:1}}'
            continue
        yield f'#drawing [fill="{light}"]{{fill:{both}}}'
        yield f'#drawing [stroke="{light}"]{{stroke:{both}}}'
    for family, light in LIGHT.families.items():
        yield f".f-{family}{{--fill:light-dark({light},{DARK.fill(family)})}}"


def palette_pairs(one: Theme, other: Theme) -> Iterator[tuple[str, str]]:
    """Colours of two themes that mean the same; the translucent one last."""
    for field in ("background", "text", "muted", "line", "cluster_line", "other"):
        yield getattr(one, field), getattr(other, field)
    yield from ((fill, other.fill(family)) for family, fill in one.families.items())
    yield one.cluster_fill, other.cluster_fill
