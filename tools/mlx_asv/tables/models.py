"""Tables of models: by length and batch, by length, by batch, overall (the paper's C to F)."""

from collections.abc import Callable, Sequence
from functools import partial

from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import ModelLabel

from .build import Style, Times, averages, build
from .changes import Changes
from .model import Table
from .speedups import MODELS

STYLE = Style("Model", MODELS, lambda backend: backend.replace("_", "-"))

#: The paper's models, in its order.
ORDER = ("bert-base-uncased", "bert-large-uncased", "roberta-base", "xlm-roberta-base")


def _itself(label: ModelLabel) -> ModelLabel:
    return label


#: What a table's rows are averaged into, by its title.
LEVELS: dict[str, Callable[[ModelLabel], ModelLabel]] = {
    "By input length and batch size": _itself,
    "By input length": lambda label: ModelLabel(label.name, label.length),
    "By batch size": lambda label: ModelLabel(label.name, None, label.batch),
    "Overall": lambda label: ModelLabel(label.name),
}


def model_label(case: CaseFacts) -> ModelLabel:
    """The label of a case that names two numbers, length and batch. ValueError for any other."""
    if len(case.numbers) != 2:
        raise ValueError(f"{case} has not two numbers: an input length and a batch size")
    return ModelLabel(case.title, *case.numbers.values())


def model_tables(
    rows: Sequence[Times],
    machine: str,
    release: str | None,
    *,
    changes: Changes | None = None,
    backends: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> list[Table]:
    """The four tables, from rows of detail. See `build`."""
    ordered = sorted(rows, key=_place)
    return [
        build(
            STYLE,
            averages(ordered, partial(_group, level)),
            machine,
            release,
            average=level is not _itself,
            changes=changes,
            backends=backends,
            title=title,
            notes=notes,
        )
        for title, level in LEVELS.items()
    ]


def _group(level: Callable[[ModelLabel], ModelLabel], row: Times) -> ModelLabel:
    return level(ModelLabel.parse(row.label))


def _place(row: Times) -> tuple[int, int, int]:
    """The paper's order: models, then lengths, then batches."""
    label = ModelLabel.parse(row.label)
    known = ORDER.index(label.name) if label.name in ORDER else len(ORDER)
    return known, label.length or 0, label.batch or 0
