"""Fuzz the parsers of documents and patterns, and the whole check, for so many seconds.

    python tests/fuzz/run.py --seconds 60 [--seed 7]

Inputs are the corpus and the zoo, mutated and crossed. A failure is any exception, or an input that
takes more than a few seconds; it is printed, written to `tests/fuzz/found/`, and ends the run with
exit code 1. A failure that is mended goes into the corpus, which `tests/test_fuzz.py` replays on
every run of the tests.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import netspec
from netspec.text.diagnostics import SpecError
from netspec.text.document import read_document
from netspec.text.lexer import Fragment
from netspec.text.pattern import parse_pattern
from netspec.text.source import Source

HERE = Path(__file__).parent
ZOO = HERE.parent.parent / "specs"
#: Seconds of CPU that one input may take on a slow machine.
SLOW = 5.0
TOKENS = [*"[](){}|*?@=+-/%,:#&!>'\"\\\n\t ~`", "->", "→", "- ", ": ", "<<: ", "*a", "&a ", "!!x "]
TOKENS += ["INPUT", "CONV(8)", "yes", "C", "999999999", "1e9", "0x", "\u202e", "\x85", "\ud800"]


def document(text: str) -> None:
    """The document parser gives a tree, or says why not."""
    with suppress(SpecError):
        read_document(Source("fuzz", text))


def pattern(text: str) -> None:
    """The pattern parser gives a chain, and what is wrong with it."""
    parse_pattern(Fragment(Source("fuzz", text), text, 0))


def whole(text: str) -> None:
    """The check gives findings, each with a place."""
    for found in netspec.check(text):
        assert found.span.line >= 1 and found.span.column >= 1 and "\n" not in found.message


TARGETS: tuple[Callable[[str], None], ...] = (document, pattern, whole)


def corpus() -> list[str]:
    """The seeds: once failing or instructive inputs, and the nets of the zoo."""
    files = sorted((HERE / "corpus").iterdir()) + sorted(ZOO.glob("*.yaml"))
    return [file.read_bytes().decode("utf-8") for file in files]


def mutant(dice: random.Random, seeds: list[str]) -> str:
    """A seed with pieces cut, doubled, replaced by tokens, or taken from another seed."""
    text = dice.choice(seeds)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randint(0, len(text)), dice.choice([0, 1, 2, 5, 20, 80])
        piece = text[at : at + size]
        other = dice.choice(seeds)
        start = dice.randint(0, len(other))
        new = dice.choice(["", dice.choice(TOKENS), piece * 2, other[start : start + size]])
        text = text[:at] + new + text[at + size :]
    return text[:65_536]


def fails(target: Callable[[str], None], text: str) -> str | None:
    """Why a target fails on a text; None where it does not."""
    start = time.process_time()
    try:
        target(text)
    except Exception:
        return traceback.format_exc()
    taken = time.process_time() - start
    return f"took {taken:.1f} s" if taken > SLOW else None


def main() -> int:
    """Fuzz until the time is up or a target fails."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dice, seeds = random.Random(options.seed), corpus()
    end, count = time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        text = mutant(dice, seeds)
        for target in TARGETS:
            count += 1
            reason = fails(target, text)
            if reason is not None:
                name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
                (HERE / "found").mkdir(exist_ok=True)
                file = HERE / "found" / f"{target.__name__}-{name}.yaml"
                file.write_bytes(text.encode("utf-8", "surrogatepass"))
                print(f"{reason}\n{target.__name__} fails on {file}", file=sys.stderr)
                return 1
    print(f"{count} inputs in {options.seconds:g} s, no failure")
    return 0


if __name__ == "__main__":
    sys.exit(main())
