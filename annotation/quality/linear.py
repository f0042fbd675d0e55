"""Small linear systems (K is at most 9) by Gaussian elimination with pivots. No numpy: the web process has none."""

from __future__ import annotations

from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]


def solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """Return x with matrix x = right. Raises ZeroDivisionError for a singular matrix."""
    return [row[0] for row in _reduced(matrix, [[value] for value in right])]


def inverse(matrix: Matrix) -> list[list[float]]:
    """Return the inverse. Raises ZeroDivisionError for a singular matrix."""
    n = len(matrix)
    return _reduced(matrix, [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)])


def _reduced(matrix: Matrix, right: Sequence[Sequence[float]]) -> list[list[float]]:
    n = len(matrix)
    rows = [[*map(float, left), *map(float, extra)] for left, extra in zip(matrix, right, strict=True)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for row in range(n):
            if row != column and rows[row][column]:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[n:] for row in rows]
