"""The labels of rows in published tables: an operation and its case, or a model and its case."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: Between the parts of a label.
SEPARATOR = " / "

_NAME = re.compile(r"[A-Za-z][\w.-]*")
_WORD = re.compile(r"dim=(?P<shape>\d+(?:x\d+)*)|axis?=(?P<axis>-?\d+)")
_MODEL_PART = re.compile(r"inputs-char-no=(?P<length>\d+)|batch-size=(?P<batch>\d+)")


@dataclass(frozen=True)
class OperationLabel:
    """A row of operations. `case`: this suite's label of the case; None for an average."""

    name: str
    case: str | None = None

    @classmethod
    def parse(cls, text: str) -> "OperationLabel":
        """Read ``Argmax / dim=64x1024x128 axi=0`` or ``Argmax``; ValueError for anything else."""
        name, slash, words = text.partition(SEPARATOR)
        if not _NAME.fullmatch(name) or bool(slash) != bool(words):
            raise ValueError(f"{text!r} is no label such as 'Sum / dim=64x128 axi=0' or 'Sum'")
        if not slash:
            return cls(name)
        found = []
        for word in words.split():
            match = _WORD.fullmatch(word)
            if match is None:
                raise ValueError(f"{word!r} in {text!r} is neither dim=AxB nor axi=N")
            found.append(match["shape"] or f"axis={match['axis']}")
        return cls(name, " ".join(found))

    @classmethod
    def of(
        cls, name: str, shapes: Sequence[Sequence[int]], axis: int | None = None
    ) -> "OperationLabel":
        """Of a case with these shapes."""
        words = ["x".join(map(str, shape)) for shape in shapes]
        return cls(name, " ".join(words if axis is None else [*words, f"axis={axis}"]))

    @property
    def is_average(self) -> bool:
        """Whether the row is a mean over cases."""
        return self.case is None

    def __str__(self) -> str:
        if self.case is None:
            return self.name
        words = (
            word.replace("axis=", "axi=") if word.startswith("axis=") else f"dim={word}"
            for word in self.case.split()
        )
        return f"{self.name}{SEPARATOR}{' '.join(words)}"


@dataclass(frozen=True)
class ModelLabel:
    """A row of models: input length in characters and batch size, None where averaged over."""

    name: str
    length: int | None = None
    batch: int | None = None

    @classmethod
    def parse(cls, text: str) -> "ModelLabel":
        """Read ``bert-base-uncased / inputs-char-no=50 / batch-size=1``; ValueError if it is not.

        Either part, or both, may be missing.
        """
        name, *parts = text.split(SEPARATOR)
        found: dict[str, int] = {}
        for part in parts:
            match = _MODEL_PART.fullmatch(part)
            if match is None or match.lastgroup in found:
                raise ValueError(f"{part!r} in {text!r} is no inputs-char-no=N or batch-size=N")
            found[str(match.lastgroup)] = int(match[str(match.lastgroup)])
        if not _NAME.fullmatch(name):
            raise ValueError(f"{text!r} is no label such as 'bert-base-uncased / batch-size=1'")
        return cls(name, **found)

    @property
    def is_average(self) -> bool:
        """Whether the row is a mean over lengths or batches."""
        return self.length is None or self.batch is None

    @property
    def case(self) -> str | None:
        """The label without the model's name; None for the average over everything."""
        return str(self).partition(SEPARATOR)[2] or None

    def __str__(self) -> str:
        parts = [self.name]
        if self.length is not None:
            parts.append(f"inputs-char-no={self.length}")
        if self.batch is not None:
            parts.append(f"batch-size={self.batch}")
        return SEPARATOR.join(parts)


Label = OperationLabel | ModelLabel

#: The title of a table's first column, and how the labels below it are read.
LABELS: dict[str, type[OperationLabel] | type[ModelLabel]] = {
    "Operation": OperationLabel,
    "Model": ModelLabel,
}


def averages_over(label: Label, detail: Label) -> bool:
    """Whether a row called `label` is an average in which the row called `detail` takes part."""
    if label.name != detail.name or not label.is_average or detail.is_average:
        return False
    if isinstance(label, OperationLabel) or isinstance(detail, OperationLabel):
        return True
    return label.length in (None, detail.length) and label.batch in (None, detail.batch)
