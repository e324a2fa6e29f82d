"""How far a region of memory is used when pieces of it are taken and given back: best fit, as ONNX
Runtime's pool has it, after Doug Lea's malloc.
"""

from __future__ import annotations

from bisect import bisect_left, insort

#: Pieces are of a multiple of so many bytes.
_GRAIN = 256


class BestFit:
    """An endless region: `most` bytes of it have been used at some time.

    A piece comes from the smallest gap that holds it, the first of equal ones, else from the end;
    what is given back becomes one with the gaps beside it.
    """

    def __init__(self) -> None:
        self.most = 0
        self._end = 0
        self._gaps: list[tuple[int, int]] = []  # sizes and places, the smallest first
        self._sizes: dict[int, int] = {}
        self._starts: dict[int, int] = {}  # by their ends

    def take(self, nbytes: int) -> tuple[int, int]:
        """The place of a piece, and its size."""
        size = max(_GRAIN, -(-nbytes // _GRAIN) * _GRAIN)
        at = bisect_left(self._gaps, (size, 0))
        if at < len(self._gaps):
            held, start = self._gaps[at]
            self._close(start)
            if held > size:
                self._open(start + size, held - size)
            return start, size
        start = self._starts.get(self._end, self._end)
        if start < self._end:
            self._close(start)
        self._end = start + size
        self.most = max(self.most, self._end)
        return start, size

    def give(self, start: int, size: int) -> None:
        """Have a piece back."""
        end = start + size
        if end in self._sizes:
            end += self._close(end)
        if start in self._starts:
            start = self._starts[start]
            self._close(start)
        self._open(start, end - start)

    def _open(self, start: int, size: int) -> None:
        insort(self._gaps, (size, start))
        self._sizes[start], self._starts[start + size] = size, start

    def _close(self, start: int) -> int:
        size = self._sizes.pop(start)
        del self._starts[start + size]
        self._gaps.pop(bisect_left(self._gaps, (size, start)))
        return size
