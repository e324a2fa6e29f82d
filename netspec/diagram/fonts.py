"""The font of diagrams: it travels with the package, so that a machine without fonts draws text.

Netspec Sans is a subset of DejaVu Sans (fonts/LICENSE): Latin, Greek and Cyrillic letters and a few
signs; the fonts of the machine serve other scripts.  One font everywhere is one layout everywhere,
and it is so wide that a viewer's own Helvetica or Arial fits into the boxes of an SVG.
"""

from __future__ import annotations

import os
from pathlib import Path
from xml.sax.saxutils import escape

_FOLDER = Path(__file__).parent / "fonts"

_CONFIGURATION = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">{machine}</include>
  <dir>{folder}</dir>
  <match target="pattern">
    <edit name="family" mode="prepend_first" binding="strong"><string>Netspec Sans</string></edit>
  </match>
</fontconfig>
"""


def font_environment(folder: Path) -> dict[str, str]:
    """Environment variables that make Graphviz write in Netspec Sans.

    They name a configuration of fontconfig, which is written into `folder`.
    """
    machine = os.environ.get("FONTCONFIG_FILE", "/etc/fonts/fonts.conf")
    file = folder / "fonts.conf"
    text = _CONFIGURATION.format(machine=escape(machine), folder=escape(str(_FOLDER)))
    file.write_text(text, encoding="utf-8")
    return {"FONTCONFIG_FILE": str(file)}
