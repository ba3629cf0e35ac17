"""What the suite says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backend:
    """Of which one changes with NumPy's releases."""

    framework: str
    device: str = "cpu"
    control: bool = False
    imports: tuple[str, ...] = ()


BACKENDS = {
    "array": Backend("numpy", imports=("numpy",)),
    "list": Backend("python", control=True),
}
