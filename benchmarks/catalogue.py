"""All operations of the suite."""

import sys
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from .operation import Operation


def operations() -> dict[str, type[Operation]]:
    """Every operation by ``family.Class``."""
    package = import_module(__package__)
    for module in iter_modules(package.__path__, f"{__package__}."):
        import_module(module.name)
    found, classes = {}, Operation.__subclasses__()
    while classes:
        cls = classes.pop()
        classes += cls.__subclasses__()
        # Tests define operations too, and so does `small`; only the suite's own count.
        own = cls.__module__.startswith(f"{__package__}.") and not isabstract(cls)
        if own and cls is getattr(sys.modules[cls.__module__], cls.__name__):
            found[f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"] = cls
    return dict(sorted(found.items()))
