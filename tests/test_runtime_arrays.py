"""Arrays from files: .npy and .npz without pickle, and the traps in them."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib import format as npy
from numpy.typing import NDArray

from netspec.runtime.archives import read_npz
from netspec.runtime.arrays import read_npy
from netspec.runtime.errors import InputError


def header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "u1", "<i8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_become_float32(tmp_path: Path, dtype: str, order: Literal["C", "F"]) -> None:
    values = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(tmp_path / "x.npy", np.asarray(values, order=order))
    np.savez_compressed(tmp_path / "x.npz", a=values, b=values[0])
    found = read_npy(tmp_path / "x.npy")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values.astype(np.float32))
    arrays = read_npz(tmp_path / "x.npz")
    assert {name: array.shape for name, array in arrays.items()} == {"a": (2, 3), "b": (3,)}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    np.save(tmp_path / "x.npy", np.array([1.0, value]))
    np.savez(tmp_path / "x.npz", left=np.array([value]))
    with pytest.raises(InputError, match="NaN or infinite"):
        read_npy(tmp_path / "x.npy")
    with pytest.raises(InputError, match=r"left.npy: .*NaN or infinite"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.zeros(1, "V4")])
def test_what_is_no_number_is_refused(tmp_path: Path, array: NDArray[Any]) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match="not numbers"):
        read_npy(tmp_path / "x.npy")


def test_objects_are_refused_and_not_unpickled(tmp_path: Path) -> None:
    trap = b"\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00touch pwned\x85R."
    (tmp_path / "x.npy").write_bytes(header((), "|O") + trap)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("x.npy", header((), "|O") + trap)
    for read, name in ((read_npy, "x.npy"), (read_npz, "x.npz")):
        with pytest.raises(InputError, match="objects") as caught:
            read(tmp_path / name)
        assert "allow_pickle" not in str(caught.value)


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 62, 1 << 62), (10**30,)])
def test_headers_that_promise_too_much_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    (tmp_path / "x.npy").write_bytes(header(shape))
    with pytest.raises(InputError, match="not complete"):
        read_npy(tmp_path / "x.npy")


def test_bombs_are_refused_before_they_are_inflated(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", header((1 << 36,)) + bytes(10_000))
    with pytest.raises(InputError, match=r"x.npy: 275 GB out of"):
        read_npz(tmp_path / "x.npz")


@given(st.data())
def test_damage_is_an_input_error_or_harmless(data: st.DataObject) -> None:
    file = io.BytesIO()
    kind = data.draw(st.sampled_from(["npy", "npz"]))
    values = np.arange(12, dtype=np.float32)
    (np.save if kind == "npy" else np.savez)(file, values)
    content = bytearray(file.getvalue())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        path.write_bytes(content)
        with contextlib.suppress(InputError):
            read_npy(path) if kind == "npy" else read_npz(path)
