import io

import polars as pl
import pytest
from mlx_asv.engine.wall import wall_seconds
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.sweep.summary import print_summary
from rich.console import Console


def shown(observations):
    """What the summary prints."""
    console = Console(file=io.StringIO(), width=160)
    print_summary(observations, 0.01, console)
    return console.file.getvalue()


def row(**values):
    """An observation."""
    base = dict.fromkeys(SCHEMA, None)
    base |= dict.fromkeys(("sweep", "machine", "environment", "version", "backend"), "x")
    base |= {"benchmark": "ops.Sort.time_it", "case": "small", "replicate": 0, "group": 0}
    base |= {"outcome": "ok", "life": 10.0, "calls": 1, "position": 0, "block": 0}
    return {**base, **values}


def frame(*rows):
    """Observations."""
    return pl.DataFrame(list(rows), schema=SCHEMA)


def arms(replicates=3, blocks=6, **seconds):
    """Lives of a reference, its twin and releases; every block a little slower."""
    labels = {"v9": ("reference", 0.01), "v9 (A/A)": ("twin", 0.0101)}
    labels |= {label: ("release", value) for label, value in seconds.items()}
    return [
        row(
            replicate=replicate,
            block=block,
            label=label,
            release=label.split()[0],
            role=role,
            metric="time",
            value=value * (1 + 0.01 * block + 0.001 * replicate * (len(label) % 3)),
            timed=0.05,
        )
        for replicate in range(replicates)
        for block in range(blocks)
        for label, (role, value) in labels.items()
    ]


def test_widths_and_the_tools_own_false_alarms():
    """A line per family, the A/A pairs, and how much of the time was spent in timed calls."""
    text = shown(frame(*arms(v1=0.02)))
    assert "ops" in text
    assert "1 pairs of the same release; largest difference 1.0%, 0 beyond 2 %" in text
    assert "Timed calls: 9% of 0.5 min" in text  # 3 x 6 x 3 x 0.05 s of 30 s


def test_other_metrics_have_a_line():
    """How sure they are, and their own false alarms; the table is of times."""
    times = arms(v1=0.02)
    lives = [
        {**each, "metric": "memory", "value": 4e7 * (1 + 0.001 * each["replicate"]), "block": None}
        for each in times
        if each["block"] == 0
    ]
    text = shown(frame(*times, *({**each, "timed": None} for each in lives)))
    assert text.startswith(shown(frame(*times)).split("Timed calls")[0])
    assert "Memory: median half-width 0." in text
    assert "A/A: 1 pairs of the same release; largest difference 0.0%, 0 beyond 5 %" in text


def test_what_was_not_measured_is_listed_once_with_its_reason():
    """However many replicates have lost it."""
    lost = {"label": "v2", "release": "v2", "role": "release", "block": None, "calls": None}
    failed = [
        row(**lost, replicate=n, outcome="failed", reason="crashed: SIGSEGV [11]") for n in range(3)
    ]
    text = shown(frame(*arms(v1=0.02), *failed))
    assert text.count("Not measured: ops.Sort.time_it small v2 x: failed") == 1
    assert "SIGSEGV [11]" in text


def test_nothing_measured_says_so():
    """A sweep of which all was skipped ends with that, not with a traceback."""
    skipped = row(label="v9", release="v9", role="reference", outcome="skipped", reason="no GPU")
    assert "Nothing was measured" in shown(frame(skipped))


def test_wall_seconds_count_each_block_set_once():
    """A life has many rows."""
    assert wall_seconds(frame(*arms(replicates=4))) == pytest.approx(40.0)
