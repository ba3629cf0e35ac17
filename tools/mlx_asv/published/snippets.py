"""Times in prose, each said after the ``timeit`` call that it is the result of.

mlx_a = mx.random.uniform(0, 1, (128, 128))
mlx_b = mx.random.uniform(0, 1, (128, 128))
def mlx_single_matmul(): ...
timeit.timeit(mlx_single_matmul, number=10000)
That results in 1.15 seconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .labels import OperationLabel
from .model import DamagedRow, PrintedRow, PrintedTable
from .text import Stated

_ARRAY = re.compile(r"^\s*(?P<framework>mlx|torch)_\w+ = .*?\((?P<shape>\d+(?:, \d+)*)\)")
_CALL = re.compile(r"timeit\.timeit\((?P<framework>mlx|torch)_\w*?(?P<operation>[a-z]+), number=")
_NUMBER = re.compile(r"number=(\d+)\)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) seconds\b")
_MACHINE = re.compile(r"\bM\d(?: (?:Pro|Max|Ultra))?\b")
_TORCH = re.compile(r"\bPyTorch (\d+(?:\.\d+)+)")

_BACKENDS = {"mlx": "mlx_gpu", "torch": "mps"}
_OPERATIONS = {"matmul": "MatMul"}


@dataclass(frozen=True)
class _Timed:
    line: int
    backend: str
    label: str
    calls: int


def snippets(text: str, asked: Stated) -> Iterator[PrintedTable | DamagedRow]:
    """A table of one number for each ``timeit`` call whose seconds are given after it.

    The machine is the first that the text names, PyTorch's version the one that it gives.
    """
    machine = asked.machine or _found(_MACHINE, text, 0)
    torch = asked.torch or _found(_TORCH, text, 1)
    shapes: dict[str, list[str]] = {}
    call: _Timed | None = None
    for line, text_of_line in enumerate(text.splitlines(), 1):
        if array := _ARRAY.match(text_of_line):
            shapes.setdefault(array["framework"], []).append(array["shape"].replace(", ", "x"))
        elif found := _CALL.search(text_of_line):
            if call is not None:
                yield DamagedRow(call.line, "its time is not given")
            framework, operation = found["framework"], found["operation"]
            number = _NUMBER.search(text_of_line)
            if number is None or operation not in _OPERATIONS or framework not in shapes:
                yield DamagedRow(
                    line, "the operation, its arrays or the number of calls is unknown"
                )
                continue
            label = OperationLabel(_OPERATIONS[operation], " ".join(shapes[framework]))
            call = _Timed(line, _BACKENDS[framework], str(label), int(number[1]))
        elif call is not None and (seconds := _SECONDS.search(text_of_line)):
            if machine is None:
                yield DamagedRow(call.line, "no machine is named: --machine says which it was")
                return
            yield PrintedTable(
                call.line,
                machine,
                asked.release,
                torch if call.backend == "mps" else None,
                "Operation",
                (call.backend,),
                (PrintedRow(line, call.label, (seconds[1],)),),
                "s",
                call.calls,
            )
            call = None
    if call is not None:
        yield DamagedRow(call.line, "its time is not given")


def _found(pattern: re.Pattern[str], text: str, group: int) -> str | None:
    match = pattern.search(text)
    return match[group] if match else None
