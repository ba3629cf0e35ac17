import io
import json
import math
import re
from pathlib import Path

import polars as pl
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.attribution import SUITE
from mlx_asv.verdicts.document import FORMAT, as_json, as_parquet
from mlx_asv.verdicts.judge import VERDICTS
from mlx_asv.verdicts.rule import Rule
from polars.testing import assert_frame_equal

from tests.verdicts.truth import MANY, QUIET, TORCH, judged, levels, mixed

ROOT = Path(__file__).parents[2]
ENTRY = Accepted("nothing", "v2", "because", "https://x")


def found():
    """Verdicts of all kinds, on what is finite and what is not."""
    observed = mixed(QUIET, levels(0.0, 0.0), levels(0.2, -0.1), MANY[:2])
    alone = QUIET.but(replicates=1, benchmarks=["ops.Once"]).observe(levels(0.0, 0.0))
    other = alone.with_columns(pl.lit("pc").alias("machine"))
    return judged(observed, other, accepted=[ENTRY])


def test_parquet_is_the_table():
    """In its types, infinite bounds included."""
    judgement = found()
    read = pl.read_parquet(io.BytesIO(as_parquet(judgement)))
    assert_frame_equal(read, judgement.verdicts)
    assert read["high"].is_infinite().any()


def test_json_is_the_table_and_what_belongs_to_it():
    """Rule, suite and stale entries beside it; what is infinite is null, as in any JSON."""
    judgement, rule = found(), Rule(0.05)
    document = json.loads(as_json(judgement, rule), parse_constant=lambda name: 1 / 0)
    assert document["format"] == FORMAT
    assert document["rule"] == {"threshold": 0.05, "false_discoveries": 0.05, "replicates": 2}
    assert document["stale"] == [vars(ENTRY)]
    assert [list(row) for row in document["suite"]] == [list(SUITE)] * judgement.suite.height
    assert len(document["verdicts"]) == judgement.verdicts.height
    for read, row in zip(document["verdicts"], judgement.verdicts.to_dicts(), strict=True):
        finite = {
            name: None if isinstance(value, float) and math.isinf(value) else value
            for name, value in row.items()
        }
        assert read == finite


def test_same_observations_give_the_same_bytes():
    """No clock and no chance is in them."""
    truth = {**levels(0.0, 0.1), (TORCH, "v1"): 1e-3}
    one, two = (judged(QUIET.observe(truth)) for _ in range(2))
    assert as_json(one, Rule()) == as_json(two, Rule())
    assert as_parquet(one) == as_parquet(two)


def test_every_column_is_documented():
    """In docs/verdicts.md, with its type, in its order."""
    text = (ROOT / "docs" / "verdicts.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)`(?:, `\w+`)* \| (\w+)", text, re.MULTILINE))
    names = {"String": "string", "Float64": "float64", "Int32": "int32", "Boolean": "bool"}
    listed = [
        name
        for line in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", line)
    ]
    assert listed == [*VERDICTS, *SUITE]
    for name, kind in rows.items():
        schema = VERDICTS if name in VERDICTS else SUITE
        assert names[str(schema[name])] == kind
