import re
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest

import benchmarks
from benchmarks import backends
from benchmarks.backends import BACKENDS, Backend
from benchmarks.cases import Case

from . import published

#: Rows per operation in the seeds' op tables, as the project was asked for them.
ROWS = {
    **{"Argmax": 4, "BCE": 4, "Concat": 4, "Conv1d": 4, "Conv2d": 5, "Gather": 6, "LayerNorm": 2},
    **{"LeakyReLU": 2, "Linear": 5, "MatMul": 6, "PReLU": 2, "ReLU": 2},
    **{"ScaledDotProductAttention": 4, "Scatter": 6, "ScatterSum": 6, "ScatterMax": 6, "SeLU": 2},
    **{"Sigmoid": 2, "Softmax": 6, "Softplus": 2, "Sort": 3, "Sum": 4, "SumAll": 4},
}

#: Cases of the operations whose rows the tables give only as an average.
AVERAGED = {
    "LayerNorm": {"64x128x1024", "128x64x1024"},
    "ScaledDotProductAttention": {
        f"64x{heads}x16x1024 64x{heads}x{keys}x1024 64x{heads}x{keys}x1024"
        for heads in (8, 16)
        for keys in (16, 64)
    },
}

#: The op tables' detailed rows: mlx-benchmark's published labels, one per line.
SEED_ROWS = Path(__file__).with_name("seed_rows.txt").read_text().splitlines()


def test_every_row_of_the_seed_tables_is_a_benchmark():
    """Each operation of the seeds has exactly its cases, under labels made from the seeds' own."""
    expected = {name: set(cases) for name, cases in AVERAGED.items()}
    for row in SEED_ROWS:
        operation, _, label = row.partition(" / ")
        case = re.sub(r"axi=", "axis=", label.replace("dim=", ""))
        expected.setdefault(operation, set()).add(case)
    assert {name: len(cases) for name, cases in expected.items()} == ROWS
    assert sum(ROWS.values()) == 91
    actual = {name.split(".")[1]: set(cls.cases) for name, cls in published.operations().items()}
    assert {name: actual.get(name) for name in expected} == expected


def test_names_ever_published_are_still_there():
    """No operation, case or backend that results may refer to has disappeared."""
    assert published.forgotten(published.recorded(), published.current()) == []


def test_a_changed_source_has_a_raised_version():
    """An operation, or the harness, whose source changed has another version."""
    changed = published.silently_changed(published.recorded(), published.current())
    assert changed == [], "raise their version, then `make record`"


def test_everything_published_is_recorded():
    """What is new since the record has been recorded (`make record`)."""
    assert published.recorded() == published.current()


@pytest.mark.parametrize("kind", ["backend", "case", "operation"])
def test_a_lost_name_is_noticed(kind):
    """Taking away a backend, a case or an operation is reported by name."""
    old = published.current()
    new = deepcopy(old)
    if kind == "backend":
        new["backends"].remove("mps")
    elif kind == "case":
        new["operations"]["linear.MatMul"]["cases"].pop(0)
    else:
        del new["operations"]["sorting.Sort"]
    (gone,) = published.forgotten(old, new)
    assert gone.startswith(kind)


def test_one_more_backend_changes_no_source(monkeypatch):
    """It is recorded by its name; a backend that becomes something else is noticed."""
    old, original = published.current(), published.inspect.getsource
    last = 'Backend("numpy", "numpy", "cpu"),'
    more = f'{last} Backend("abacus", "mlx", "abacus"),'
    monkeypatch.setattr(
        published.inspect, "getsource", lambda module: original(module).replace(last, more)
    )
    assert more in published.inspect.getsource(backends)
    monkeypatch.setitem(BACKENDS, "abacus", Backend("abacus", "mlx", "abacus"))
    new = published.current()
    assert published.silently_changed(old, new) == published.forgotten(old, new) == []
    assert new["backends"] == [*old["backends"], "abacus"]
    monkeypatch.setitem(BACKENDS, "mps", Backend("mps", "torch", "cpu"))
    assert published.silently_changed(old, published.current()) == ["backend mps"]


def test_a_changed_definition_changes_the_fingerprint(monkeypatch):
    """Another constant in a definition is noticed; a comment or a docstring is not."""
    cls = published.operations()["activations.LeakyReLU"]
    source = Path(published.inspect.getsourcefile(cls)).read_text()
    before = published.fingerprint(cls)

    def fingerprint_of(text):
        monkeypatch.setattr(published.inspect, "getsource", lambda _: text)
        return published.fingerprint(cls)

    assert fingerprint_of(source.replace("np.float32(0.01)", "np.float32(0.02)")) != before
    assert fingerprint_of(source.replace("max(x, 0.01 x)", "another docstring")) == before
    assert fingerprint_of("# a comment\n" + source) == before


def test_a_changed_helper_changes_its_users_fingerprint(monkeypatch):
    """A function outside the class counts for the classes that use it, and for no other."""
    name = "attention.ScaledDotProductAttention"
    cls = published.operations()[name]
    original = published.inspect.getsource
    assert "return 1 / sqrt(" in Path(published.inspect.getsourcefile(cls)).read_text()
    before = published.fingerprint(cls)
    monkeypatch.setattr(
        published.inspect,
        "getsource",
        lambda module: original(module).replace("return 1 / sqrt(", "return 2 / sqrt("),
    )
    assert published.fingerprint(cls) != before


def test_a_changed_module_changes_its_importers_fingerprint(monkeypatch):
    """The encoder is in a module of its own, and counts for the models and for nothing else."""
    models = ["models.BertBase", "models.XLMRobertaBase"]
    others = ["linear.MatMul", "dispatch.Import"]
    original = published.inspect.getsource

    def fingerprints():
        return {n: published.fingerprint(published.operations()[n]) for n in models + others}

    before = fingerprints()
    monkeypatch.setattr(
        published.inspect,
        "getsource",
        lambda module: original(module).replace("scale=(size", "scale=2 * (size"),
    )
    after = fingerprints()
    assert [name for name in before if before[name] != after[name]] == models


def test_the_tour_names_cases_of_every_family():
    """Each line of tour.txt is a case, none twice, and every family has one but whole models."""
    lines = Path(benchmarks.__path__[0], "tour.txt").read_text().splitlines()
    chosen = [line.partition(" ")[::2] for line in lines if not line.startswith("#")]
    assert max(Counter(chosen).values()) == 1
    families = {}
    for name, cls in published.operations().items():
        family, operation = name.split(".")
        families[operation] = family
        for line_operation, case in chosen:
            if line_operation == operation:
                assert case in set(cls.labels())
    assert {families[operation] for operation, _ in chosen} == (set(families.values()) - {"models"})
    assert len(chosen) <= 26


def test_labels_parse_back():
    """Every published label is read as shapes and numbers and says the same again."""
    for cls in published.operations().values():
        for label in cls.cases:
            case = Case.parse(label)
            words = ["x".join(map(str, shape)) for shape in case.shapes]
            if case.axis is not None:
                words.append(f"axis={case.axis}")
            words += [f"{name}={number}" for name, number in case.numbers.items()]
            assert " ".join(words) == label


def test_the_first_eight_backends():
    """mlx-benchmark's six backends and our two, under exactly these names."""
    names = "mlx_gpu mlx_gpu_compile mlx_cpu mps cpu cuda mlx_cpu_compile numpy"
    assert list(BACKENDS)[:8] == names.split()
