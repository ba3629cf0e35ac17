import io
import math
import re

import polars as pl
import pytest
from mlx_asv.axes import Axes
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import GROWTH, INSTRUCTIONS, MEMORY
from mlx_asv.verdicts.fresh import FRESH
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.report import SHOWN, SHOWN_OF_OTHERS, print_judgement
from rich.console import Console

from tests.verdicts.counts import counted
from tests.verdicts.test_exact import exactly
from tests.verdicts.test_exactness import of as error_of
from tests.verdicts.test_exactness import times
from tests.verdicts.test_metrics import as_memory
from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed, order


def shown(judgement, only=None):
    """What is printed."""
    console = Console(file=io.StringIO(), width=200)
    print_judgement(judgement, console, only)
    return console.file.getvalue()


def test_worst_comes_first():
    """The largest slowdown in the first row, whatever its name."""
    found = judged(mixed(QUIET, levels(0.1), levels(0.4), MANY[7:8]))
    changes = [float(text) for text in re.findall(r"│ +\+([\d.]+)% │", shown(found))]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] == pytest.approx(49, abs=3)
    assert len(changes) == 24  # each is a step, and the latest against the best


def test_suite_that_moved_is_told():
    """With the release, the median and how many agree."""
    text = shown(judged(QUIET.observe(levels(0.0, 0.1, 0.0))))
    assert re.search(
        r"Suite-wide at v3 on mac: median \+1[01]\.\d%, 100% of 12 series the same way", text
    )
    assert "Suite-wide at v2" not in text


def test_long_tables_are_cut_and_say_so():
    """The rest is counted."""
    names = tuple(f"ops.Operation{n}" for n in range(40))
    text = shown(judged(QUIET.but(benchmarks=names).observe(levels(0.2))))
    assert f"... and {80 - SHOWN} more" in text


def test_nothing_slower_has_no_table():
    """Only the counts; of nothing at all, noughts."""
    text = shown(judged(QUIET.observe(levels(-0.1))))
    assert "worst" not in text
    assert "Releases against the one before: 0 slower, 12 faster, 0 same, 0 inconclusive" in text
    nothing = shown(judged(QUIET.observe(levels())))
    assert "0 slower, 0 faster, 0 same, 0 inconclusive" in nothing
    assert "Smallest change" not in nothing


def test_square_brackets_of_a_case_are_shown():
    """A name is a name, not markup."""
    observed = QUIET.observe(levels(0.2)).with_columns(case=pl.lit("[bold]8x8[/bold]"))
    assert "[bold]8x8[/bold]" in shown(judged(observed))


def test_other_metrics_follow_time_and_do_not_drown_it():
    """Under their name, in their words, in fewer rows; without their candidates' command."""
    sweep = QUIET.but(life=0.001, noise=0.0, slowdown=1.0)
    time, memory = sweep.observe(levels(0.2, 0.0)), as_memory(sweep.observe(levels(0.2, 0.0)))
    alone, text = shown(judged(time)), shown(judged(time, memory))
    assert text.startswith(alone)
    rest = text[len(alone) :]
    assert rest.startswith("\nMemory\n") and "Memory" not in alone
    assert "More memory, worst first" in rest and "slower" not in rest
    assert "Releases against the one before: 12 more memory, 0 less memory, 12 same" in rest
    assert "Of 24 more memory or less memory, fresh replicates confirmed 0" in rest
    assert rest.count("candidate; open") == SHOWN_OF_OTHERS < 24
    assert f"... and {24 - SHOWN_OF_OTHERS} more" in rest
    assert "mlx-asv confirm" in alone and "mlx-asv confirm" not in rest


def confirmed(truth, *said):
    """A judgement of v2 against v1 on two benchmarks that are slower, measured again: `said`."""
    observed = mixed(QUIET, levels(0.0), levels(truth), MANY[:2])
    names = {"benchmark": list(MANY[:2]), "confirmed": [s and s[0] for s in said]}
    effects = [s[1] if s else None for s in said]
    fresh = pl.DataFrame(names).with_columns(
        machine=pl.lit("mac"),
        environment=pl.lit("py3.11"),
        version=pl.lit("1"),
        case=pl.lit("8x8"),
        metric=pl.lit("time"),
        backend=pl.lit("mlx_cpu"),
        before=pl.lit("v1"),
        after=pl.lit("v2"),
        fresh_effect=pl.Series(effects, dtype=pl.Float64),
        fresh_low=pl.Series(effects, dtype=pl.Float64) - 0.01,
        fresh_high=pl.Series(effects, dtype=pl.Float64) + 0.01,
        fresh_replicates=pl.lit(5),
    )
    frame = fresh.select(pl.col(name).cast(kind) for name, kind in FRESH.items())
    return judge(life_levels(observed), order(2), None, (), frame)


def test_size_of_what_was_measured_again_is_that_of_the_fresh_replicates():
    """What was chosen for being large looks larger than it is."""
    text = shown(confirmed(0.2, ("slower", math.log(1.1)), None))
    assert re.search(r"Operation0 8x8 .*│ v1 → v2 .*│ +\+10\.0% │ +\+8\.9% to \+11\.1% │", text)
    assert re.search(r"Operation1 8x8 .*│ +\+2[123]\.\d% │.*candidate; open", text)


def test_what_was_dismissed_is_not_shown():
    """But counted."""
    text = shown(confirmed(0.2, ("same", 0.001), ("slower", 0.2)))
    assert "Operation0" not in text
    assert "fresh replicates confirmed 2 and dismissed 2; 0 are candidates" in text


def timed_and_counted(*more):
    """Two benchmarks of twelve are slower, and the first of them takes 20 % more instructions."""
    swept = mixed(QUIET, levels(0.0), levels(0.2), MANY[:2])
    return judged(swept, counted(math.log(1.2), those=MANY[:1]), *more)


def test_both_answers_to_a_step_are_told():
    """In the row of either metric, with their reading; and how many steps have an answer."""
    time, counts = shown(timed_and_counted()).split("\nInstructions\n")
    assert re.search(r"Operation0 8x8 .* v1 → v2 .*instructions \+2\d\.", time)
    told = " ".join(re.findall(r"│([^│]*)│\n", time))
    assert "more instructions: the package does more" in " ".join(told.split())
    assert "memory, caches, layout or the wheel's compiler" in " ".join(told.split())
    assert re.search(r"Operation0 8x8 .* v1 → v2 .*time \+2\d\.", counts)
    assert counts.strip().endswith(
        "Of 12 steps 100 % have an answer by time, 100 % by instructions, 100 % by either."
    )


def test_changes_of_counts_are_no_candidates():
    """Nothing asks for them to be confirmed; what counts do not show is said."""
    _, text = shown(timed_and_counted()).split("\nInstructions\n")
    assert "candidate" not in text and "confirm" not in text
    assert "Releases against the one before: 1 more instructions, 0 fewer instructions" in text
    assert INSTRUCTIONS.unseen in text


def test_counts_alone_are_told_alone():
    """Without noughts of what was not timed, and without a share of answers by both."""
    text = shown(judged(counted(0.1)))
    assert text.startswith("Instructions\n") and "slower" not in text
    assert "by either" not in text


def test_one_metric_can_be_asked_for():
    """Its rows alone, as many as of time; of one that was not measured there are noughts."""
    both = timed_and_counted()
    counts = shown(both, INSTRUCTIONS)
    assert counts.startswith("Instructions\n") and "Slower, worst first" not in counts
    assert "0 more memory, 0 less memory" in shown(both, MEMORY)
    many = shown(judged(counted(0.1, those=MANY)), INSTRUCTIONS)
    assert many.count("v1 → v2") == 24 and "and 14 more" not in many


def test_what_is_beyond_its_limit_at_the_latest_release_is_listed():
    """With its value, and since which release; how many are is counted."""
    grown = exactly(0.0, 3.1e6, 3.2e6, metric=GROWTH, name="ops.Grown")
    still = exactly(0.0, 0.0, 0.0, metric=GROWTH, name="ops.Still")
    text = shown(judged(grown, still))
    assert "Growing at the latest release" in text
    assert re.search(r"ops\.Grown 8x8 mlx_cpu *│ v3 *│ 3.2 MB from call 100 to 500 │ v2", text)
    assert "ops.Still" not in text
    assert "Latest release by itself: 1 growing, 1 flat, 0 inconclusive" in text
    assert "by itself" not in shown(judged(QUIET.observe(levels(0.2))))


def test_results_that_became_more_exact_are_noted():
    """Beside a step that is slower, with the case of the error; not beside errors themselves."""
    plain = Axes.of(case="8x8")
    slower, errors = times(plain, 1.0, 1.5), error_of(plain, 4e-2, 1e-3)
    noted = "its results are 40 times more exact since the same release (Sum 8x8)"
    text = " ".join(re.sub("[│┃]", " ", shown(judged(slower, errors))).split())
    assert text.count(noted) == 1
