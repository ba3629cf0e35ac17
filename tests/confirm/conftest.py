"""Confirmations: played, and of the foreign suite in the kind of project that a sweep has."""

from tests.sweep.conftest import project, releases, wheels

from .played import played

__all__ = ["played", "project", "releases", "wheels"]
