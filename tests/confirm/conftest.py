"""A confirmation of the same foreign suite, in the same kind of project, as a sweep."""

from tests.sweep.conftest import project, releases

__all__ = ["project", "releases"]
