import re
import signal

import pytest

from tests.count.conftest import Made, package
from tests.sweep.conftest import releases, wait_for

__all__ = ["package", "releases"]

TOUR = ("tour", "..v1.2.0", "-b", "Work", "--budget", "3h")


@pytest.fixture
def project(tmp_path, package):
    """A project whose 1.1.0 does a tenth more than 1.0.0, and takes a tenth longer by a clock that
    nothing disturbs."""
    return Made(tmp_path / "project", package)


def test_a_tour_confirms_publishes_and_tells(project):
    """Sentences, where the time went, and the page; the same command measures nothing again."""
    output = project.finish(project.start(*TOUR))
    assert re.search(r"^Of 6 steps .* 3 cases, 100 % have an answer", output, re.MULTILINE)
    said = (
        r"^Slower: (Work times=\d000 \(\+10.0% with v1.1.0, confirmed\)[,;] ){3}faster: nothing\.$"
    )
    assert re.search(said, output, re.MULTILINE), output
    assert "Time has left nothing open to count." in output
    spent = r"^This took .*: set-up .*, sweep .*, confirm .*, count .*, publish .*\.$"
    assert re.search(spent, output, re.MULTILINE)
    assert output.splitlines()[-1] == f"Page: {project.path}/html/overview.html"
    assert (project.path / "html/overview.html").exists()
    observed = project.observations()

    again = project.finish(project.start(*TOUR))
    assert [f"{stage}: done before" in again for stage in ("sweep", "confirm", "count")] == [
        True
    ] * 3
    assert re.search(said, again, re.MULTILINE)
    assert project.observations().equals(observed)


def test_an_interrupted_tour_goes_on_where_it_was(project):
    """Killed in its sweep: the same command keeps what was measured, and ends as any does."""
    process = project.start_waiting(*TOUR, saves=2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not project.processes())
    output = project.finish(project.start(*TOUR))
    assert "Going on with sweep" in output
    assert "Slower: Work" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("..v1.2.0", "-b", "@nope"), "There is no list @nope"),
        (("v9.0.0..",), "'v9.0.0..' is no release"),
        (("v1.2.0..v1.0.0",), "Did you mean v1.0.0..v1.2.0"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(project, arguments, sentence):
    """Nothing is measured, and the status is 1."""
    output = project.finish(project.start("tour", *arguments), status=1)
    assert re.match(rf"Error: .*{re.escape(sentence)}", output)
    assert not (project.path / "results").exists()
