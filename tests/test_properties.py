"""`netspec.check` answers whatever the text: random bytes, mutated specs, heavy requests."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.analysis.check import check_bytes
from tests.commands import environment

_ZOO = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
_TEXTS = [path.read_text("utf-8") for path in _ZOO]
_TOKENS = [*"[](){}|*?@=+-/%,:#&!>'\"\\\n\t ", "->", "→", "yes", "C", "H/2", "999999", "-1", "1e9"]
_HEAD = "netspec: 1\nname: n\ninput: 3x32x32\n"


def answered(text: str) -> None:
    """Each finding is one line with a place in the text."""
    for found in netspec.check(text):
        assert found.code and found.message and "\n" not in found.message
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
        assert found.span.line >= 1 and found.span.column >= 1


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A spec of the zoo with a few pieces taken out, put in, doubled or swapped."""
    text = draw(st.sampled_from(_TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        other = draw(st.integers(0, len(text)))
        middle = draw(
            st.sampled_from(["", *_TOKENS])
            | st.just(text[start:end] * 2)
            | st.just(text[other:][:9])
        )
        text = text[:start] + middle + text[end:]
    return text


@settings(max_examples=150)
@given(st.text(st.characters(), max_size=300))
def test_check_never_raises(text: str) -> None:
    answered(text)
    answered(_HEAD + "net: " + text)


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_bytes_at_random_are_answered(data: bytes) -> None:
    assert check_bytes(data, "t").diagnostics


@settings(max_examples=250)
@given(mutated())
def test_mutated_specs_are_answered(text: str) -> None:
    answered(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*_TOKENS, "CONV(8)", "INPUT", "B", "f", "RELU"]), max_size=40))
def test_tokens_at_random_are_answered(tokens: list[str]) -> None:
    pattern = "".join(tokens).replace("\n", " ").replace("'", "''")
    answered(
        f"{_HEAD}net: 'INPUT -> {pattern}'\nblocks: {{B: '{pattern}'}}\nwhere: {{f: [1, 2]}}\n"
    )


def _tall() -> str:
    return "".join(f"  B{i}: B{i + 1} -> B{i + 1}\n" for i in range(2800)) + "  B2800: RELU\n"


#: Texts of up to 64 kB that ask for much.
HEAVY = {
    "repeats": f"{_HEAD}net: INPUT -> RELU*999999\n",
    "absent": f"{_HEAD}net: 'INPUT -> [[RELU*0]*1000]*1000'\n",
    "doubling": f"{_HEAD}net: INPUT -> B0\nblocks:\n{_tall()}",
    "channels": f"{_HEAD}net: 'INPUT -> [CONCAT{{ | }}]*5000'\n",
    "brackets": f"{_HEAD}net: '{'[' * 60_000}'\n",
    "flow": f"{_HEAD}net: {'[' * 60_000}\n",
    "arrows": f"{_HEAD}net: '{'-> ' * 20_000}'\n",
    "faults": f"{_HEAD}net: 'INPUT{' -> CONV(,)' * 5_000}'\n",
    "unknown": f"{_HEAD}net: 'INPUT{' -> CONVV' * 7_000}'\n",
    "bindings": f"{_HEAD}net: INPUT -> FC(x)\nwhere:\n"
    + "".join(f"  n{i}: n{i - 1}\n" for i in range(1, 4000)),
    "keys": _HEAD + "".join(f"k{i}: 1\n" for i in range(6000)),
    "list": f"{_HEAD}net: INPUT -> [FC(u)]*u\nwhere: {{u: [{'1,' * 30_000}]}}\n",
    "sum": f"{_HEAD}net: 'INPUT -> FC({'1+' * 30_000}1)'\n",
    "labels": f"{_HEAD}net: 'INPUT{' @a' * 20_000}'\n",
    "chain": f"{_HEAD}net: INPUT{' -> RELU' * 8_000}\n",
}

_CHECK = "import sys, netspec; netspec.check(sys.stdin.read())"


@pytest.mark.parametrize("name", HEAVY)
def test_64_kilobytes_take_a_bounded_time_and_memory(name: str) -> None:
    """CPU seconds and memory are the kernel's to enforce, with room for a slow machine."""
    text = HEAVY[name]
    assert len(text) <= 66_000

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (8, 8))
        resource.setrlimit(resource.RLIMIT_DATA, (300 << 20, 300 << 20))

    done = subprocess.run(
        [sys.executable, "-c", _CHECK],
        input=text,
        text=True,
        capture_output=True,
        check=False,
        preexec_fn=bound,
        env=environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_single_mutations_by_seed_are_answered() -> None:
    """The same three hundred mutations of the zoo on every run."""
    dice = random.Random(20_261_121)
    for _ in range(300):
        text = dice.choice(_TEXTS)
        at = dice.randrange(len(text))
        answered(text[:at] + dice.choice(_TOKENS) + text[at + dice.randrange(3) :])
