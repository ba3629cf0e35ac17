"""The columns of published tables: a backend's times, or the speedup of one over another."""

import re
from dataclasses import dataclass

#: Backends, in the order of the columns: this suite's names, which are mlx-benchmark's.
BACKENDS = (
    *("mlx_gpu", "mlx_gpu_compile", "mlx_cpu", "mps", "cpu", "cuda"),
    *("mlx_cpu_compile", "numpy"),
)

_TIME = re.compile(r"\d+(?:\.\d+)?|nan")
_SPEEDUP = re.compile(r"[+-]?\d+(?:\.\d+)?%|nan%")


@dataclass(frozen=True)
class Column:
    """Times of `backend`; or, with `other`, the speedup of `backend` compared to `other`."""

    backend: str
    other: str | None = None

    @classmethod
    def parse(cls, title: str) -> "Column":
        """Read ``mlx_gpu`` or ``mlx-gpu/mps speedup``; ValueError for anything else."""
        names = title.removesuffix(" speedup").replace("-", "_").split("/")
        is_speedup = title.endswith(" speedup")
        if len(names) != 1 + is_speedup or not set(names) <= set(BACKENDS):
            raise ValueError(
                f"{title!r} is no column: there are {', '.join(BACKENDS)}, A/B speedup"
            )
        return cls(*names)

    def number(self, text: str) -> float | None:
        """A cell as milliseconds or percent; None for nan. Raises ValueError for other texts."""
        if not (_SPEEDUP if self.other else _TIME).fullmatch(text):
            kind = "speedup such as +33%" if self.other else "time such as 1.77"
            raise ValueError(f"{text!r} is no {kind}")
        digits = text.removesuffix("%")
        return None if digits == "nan" else float(digits)


def decimals(text: str) -> int:
    """How many digits a printed number has after its point."""
    return len(text.removesuffix("%").partition(".")[2])
