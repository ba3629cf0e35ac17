"""What asv loads (``"plugins"`` in asv.conf.json): releases as a repository, overlays as an
environment, our pages beside asv's, and the few places where asv's own behaviour would lose
results."""

from . import hooks
from .environment import VirtualenvOverlay
from .publisher import AsvPages, OurPages
from .repo import PyPIReleases

__all__ = ["AsvPages", "OurPages", "PyPIReleases", "VirtualenvOverlay", "setup"]


def setup() -> None:
    """Called by asv once the plugin is imported."""
    hooks.install()
