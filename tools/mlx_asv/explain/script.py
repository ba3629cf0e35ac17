"""A script that measures a verdict on another machine, with nothing but Python and pip."""

import ast
import re
import zlib
from pathlib import Path

from mlx_asv.axes import SEPARATOR, Name, plain
from mlx_asv.facts import Backend, CaseFacts
from mlx_asv.releases.lock import Lock, Release

from .standalone import NoSource, standalone

#: Lines: what somebody still reads before running it.
MOST_LINES = 40

#: What `environment` says of the build.
BUILD = re.compile(r"_BUILD(\w+)$")

#: Inputs of another element type, before they are used.
CONVERTED = "inputs = [v.astype(mx.{dtype}) if v.dtype == mx.float32 else v for v in inputs]\n"

#: What is timed of an operation that `mlx` defines; its gradients need that of the result as well.
FUNCTION = "mlx(case, mx, nn)"
COTANGENT = "inputs.append(mx.random.normal(mlx(case, mx, nn)(*inputs).shape).astype(mx.{dtype}))\n"
GRADIENT = "lambda *given: mx.vjp(mlx(case, mx, nn), list(given[:-1]), [given[-1]])[1]"

TEMPLATE = """\
# Is {after} slower than {before}? {title}; measured: {size}. Run: python3.11 FILE
import os, statistics, subprocess, sys, tempfile, timeit, types
PACKAGES = {packages}
if len(sys.argv) == 1:  # Install both in a temporary directory, and time new processes in turn.
    root, (before, after), ratios = tempfile.mkdtemp(), PACKAGES, []
    def python(*words, **env):
        return subprocess.check_output([sys.executable, *words], env={{**os.environ, **env}})
    for tag, names in PACKAGES.items():
        python(*"-m pip install -q --no-deps numpy==1.26.4".split(), *names.split(),
               "--target", f"{{root}}/{{tag}}")
    for turn in range(10):
        seconds = {{tag: float(python(__file__, tag, PYTHONPATH=path, TMPDIR=path))
                   for tag in (before, after)[:: 1 if turn % 2 else -1]
                   if (path := f"{{root}}/{{tag}}")}}
        ratios.append(seconds[after] / seconds[before])
        print(seconds, f"{{ratios[-1] - 1:+.1%}}", flush=True)
    sys.exit(print(f"median of {{len(ratios)}}: {{statistics.median(ratios) - 1:+.1%}}"))
{prepare}{imports}; mx.set_default_device(mx.{device})
{definitions}
case = types.SimpleNamespace(shapes={shapes}, axis={axis}{numbers}{dtype})
inputs = [mx.array(v.astype(np.int32) if v.dtype.kind == "i" else v)
          for v in arrays(case, np.random.default_rng({seed}))]
{typed}mx.eval(inputs); call = {call}
timer = timeit.Timer(lambda: mx.eval(call(*inputs)))
print(statistics.median(timer.repeat(max(7, int(0.5 / min(timer.repeat(3, 1)))), 1)))
"""

#: What the template needs; the benchmark may need more.
IMPORTS = ("import mlx.core as mx, mlx.nn as nn", "import numpy as np")

#: MLX's single thread and its caller on one core, as the suite has it.
PIN = (
    'if hasattr(os, "sched_setaffinity"): os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})\n'
)


def script(
    suite: Path,
    lock: Lock,
    *,
    benchmark: str,
    case: str,
    described: CaseFacts | None,
    backend: Backend,
    environment: str,
    before: str,
    after: str,
    size: str,
) -> str:
    """The program, at most MOST_LINES lines; its inputs are those of the benchmark.

    `suite`: the directory of the benchmarks. `described`, `backend`: what it says of the case and
    of the backend. `size`: the effect in words. Raises NoSource for what is no MLX operation of the
    suite, or takes more lines.
    """
    if backend.framework != "mlx":
        raise NoSource(f"{backend.name or 'this'!r} is no backend of MLX.")
    if described is None:
        raise NoSource(f"The suite does not say what the case {case!r} is.")
    operation = Name(benchmark).operation
    source = standalone(suite, benchmark)
    gradient = described.mode == "gradient"
    call = GRADIENT if gradient else FUNCTION
    typed = CONVERTED if described.dtype != "float32" else ""
    typed += COTANGENT if gradient else ""
    definitions = "\n".join(source.lines)
    text = TEMPLATE.format(
        after=after,
        before=before,
        title=f"{operation} {' '.join(case.split())} on {backend.name}",
        size=size,
        packages={tag: packages(lock, lock.by_tag[tag], environment) for tag in (before, after)},
        prepare=PIN if backend.device == "cpu" else "",
        device=backend.device,
        imports="; ".join(dict.fromkeys([*IMPORTS, *source.imports])),
        definitions=definitions,
        shapes=list(described.shapes),
        axis=described.axis,
        dtype=f", dtype={described.dtype!r}" if "case.dtype" in definitions else "",
        numbers=f", numbers={dict(described.numbers)}" if described.numbers else "",
        seed=zlib.crc32(f"{operation} {plain(case.partition(SEPARATOR)[0])}".encode()),
        typed=typed.format(dtype=described.dtype),
        call=f"mx.compile({call})" if backend.compiled else call,
    )
    if (count := len(text.splitlines())) > MOST_LINES:
        raise NoSource(f"{benchmark} takes {count} lines by itself.")
    ast.parse(text)
    return text


def packages(lock: Lock, release: Release, environment: str) -> str:
    """What pip installs of a release: the front end, and the build that was measured."""
    found = BUILD.search(environment)
    build = found[1] if found else ""
    companions = [name for name in lock.builds.get(build, ()) if name in release.packages()]
    names = [lock.package, *companions[:1]]
    return " ".join(f"{name}=={release.version}" for name in names)
