"""The base class of every benchmark: prepare once, then time nothing but the call.

An operation states its cases and one definition per framework. A definition is called in
``setup`` with the case and the framework's modules, resolves the names it needs there, and
returns the function that is timed. A name that a release does not have yet is a skip.
"""

import os
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import product
from time import perf_counter
from typing import Any, ClassVar

import numpy as np

from .agreement import HostArray, largest_allowed, relative_error
from .backends import BACKENDS
from .cases import FORWARD, GRADIENT, Case, Shape, nbytes
from .frameworks import FRAMEWORKS, Api, Array, Framework, Function, Inputs
from .inputs import normal, rounded
from .resources import (
    limit_memory,
    pin,
    pinned,
    processor_time,
    remember,
    require_memory,
    unpinned,
)
from .valgrind import instructions_per_call, said_to_asv
from .work import Work

#: Raise it when a change here, in `frameworks` or in `resources` shifts every number.
HARNESS_VERSION = 2

#: Seconds one call may take; a case beyond it is skipped, because a handful of its samples
#: would cost as much as the rest of the suite. Change it with ``MLX_ASV_CALL_LIMIT``.
CALL_LIMIT = 2.0

#: What makes the inputs of a case.
MakeInputs = Callable[[Case, np.random.Generator], Inputs]

#: Between a case and the values of other axes.
SEPARATOR = ", "


class Operation(ABC):
    """One operation on every case and backend, in float32: `typed.Typed` has more axes."""

    #: Labels, in the seed tables' order: append, never rename.
    cases: ClassVar[tuple[str, ...]] = ()
    #: Names of the backends it is offered on: all, but where it makes no sense.
    backends: ClassVar[tuple[str, ...]] = tuple(BACKENDS)
    #: Raise it with any change that shifts this operation's numbers: asv then starts a new
    #: series instead of drawing a step.
    version: ClassVar[Any]

    #: Values of the axes between case and backend, by name; their values are `Case` attributes.
    axes: ClassVar[dict[str, tuple[str, ...]]] = {}
    #: The first release of MLX that has what it calls, where a missing name does not tell.
    since: ClassVar[str] = "0"
    #: The table that its cases are rows of: "operations" or "models"; None: of none.
    table: ClassVar[str | None] = "operations"

    #: Cases like the real ones that are small enough for a slow reference.
    small_cases: ClassVar[tuple[str, ...]] = ()
    #: How close to the reference results are, see `agreement`.
    tolerance: ClassVar[tuple[float, float]]
    #: Whether every call gives other numbers.
    random: ClassVar[bool] = False
    #: Cases whose error is tracked, None: the small ones. Whether the error of each element is a
    #: part of that element, or of the largest one: of sums that cancel it says little otherwise.
    error_cases: ClassVar[tuple[str, ...] | None] = None
    componentwise: ClassVar[bool] = False

    param_names: ClassVar[list[str]]
    params: ClassVar[list[list[str]]]
    #: asv's benchmark of the error, if there is something to compare with.
    track_error: ClassVar[Callable[..., float]]

    # asv calls `setup` before every timed call, so it takes one call per sample. Two rounds
    # of new processes, each sampling for `repeat`'s last figure in seconds: together with
    # start-up and inputs about one second per case, minutes for a release.
    rounds = 2
    repeat = (3, 2000, 0.3)
    timeout = 120.0

    def __init_subclass__(cls) -> None:
        every = {"case": cls.cases, **cls.axes, "backend": cls.backends}
        cls.param_names, cls.params = list(every), [list(values) for values in every.values()]
        if "version" in vars(cls):
            cls.version = f"{HARNESS_VERSION}.{cls.version}"
        if cases := cls.cases_of_errors():
            cls.track_error = _error_benchmark(cls, cases)

    # -- what an operation defines -------------------------------------------------------

    @abstractmethod
    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        """The operation in MLX."""

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        """The operation in PyTorch."""
        raise NotImplementedError(f"{type(self).__name__} is not defined in PyTorch")

    def numpy(self, case: Case, np: Api) -> Function:
        """The operation in NumPy."""
        raise NotImplementedError(f"{type(self).__name__} is not defined in NumPy")

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """The inputs: by default one standard normal array per shape of the case."""
        return [normal(rng, shape) for shape in case.shapes]

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        """The inputs whose error is tracked: by default those of any case."""
        return self.arrays(case, rng)

    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        """The same inputs in the memory layout that is native to `framework`."""
        return arrays

    def load(self, function: Function, inputs: list[Array]) -> tuple[Function, list[Array]]:
        """What is called, and with which of the inputs: by default the definition with all.

        A model takes its weights here, before the clock starts.
        """
        return function, inputs

    def output_shape(self, case: Case) -> Shape:
        """The result's shape in the arrangement of MLX: by default the first input's."""
        return case.shapes[0]

    def input_dtype(self, case: Case, place: int) -> str:
        """The element type of an input, if it is floating-point: by default the case's."""
        return case.dtype

    def result_dtype(self, case: Case) -> str:
        """The element type of the result, and of gradients: by default the case's."""
        return case.dtype

    def arrange_result(self, framework: str, arrays: Inputs) -> Inputs:
        """The gradient of the result in the memory layout of the result in `framework`."""
        return arrays

    def differentiated(self, case: Case) -> tuple[int, ...]:
        """The inputs that gradients are taken by: by default all."""
        return tuple(range(len(case.shapes)))

    def first_release(self, case: Case) -> str:
        """The first release of MLX that can compute a case: by default `since`."""
        return self.since

    # -- what it should compute, and how much it does ------------------------------------

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        """The result: slowly, in float64, and put otherwise than in the definitions.

        `arrays`: the inputs before they are arranged for a framework, widened to float64. The
        result is in the arrangement of MLX. Runs with NumPy and the standard library alone.
        """
        raise NotImplementedError(f"{type(self).__name__} has no reference")

    def allowed(self, case: Case) -> tuple[float, float]:
        """How close to the reference a result of a case is, see `agreement`."""
        return self.tolerance

    def work(self, case: Case) -> Work | None:
        """How much one call does; None where that says little."""
        return None

    @property
    def title(self) -> str:
        """What tables call it."""
        return type(self).__name__

    @classmethod
    def small(cls) -> type["Operation"]:
        """The operation as its reference is compared with it: itself, if small cases are enough."""
        return cls

    # -- what is timed -------------------------------------------------------------------

    def setup(self, *values: str) -> None:
        """Prepare once per process (asv calls this before every timed call).

        `values`: of the parameters, in their order: case, other axes, backend.

        Raises NotImplementedError, asv's skip, with the reason: no such device, no such
        function in this release, not enough memory, one call takes longer than the limit.
        """
        if getattr(self, "_prepared", None) == values:
            return
        self._call = self.prepare(*self.parsed(*values))[1]
        self._require_quick(values)
        self._prepared = values

    @classmethod
    def cases_of_errors(cls) -> tuple[str, ...]:
        """Cases whose error is tracked: none where nothing says what is right."""
        if cls.random or cls.reference is Operation.reference:
            return ()
        return cls.small_cases if cls.error_cases is None else cls.error_cases

    def error(self, *values: str) -> float:
        """The largest relative error of a result against the reference, in float64.

        `values`: those of all parameters, the case one of `cases_of_errors`.
        """
        operation = self.small()()
        case, backend = operation.parsed(*values)
        given: Inputs = []

        def make(case: Case, rng: np.random.Generator) -> Inputs:
            given.extend(operation.rounded(case, operation.hurting(case, rng)))
            return [array.copy() for array in given]

        framework, call = operation.prepare(case, backend, make)
        return relative_error(
            framework.numpy(call()).astype(np.float64),
            operation.reference(case, _widened(given)),
            operation.result_dtype(case),
            componentwise=operation.componentwise,
        )

    @classmethod
    def allowed_error(cls, case: Case) -> float:
        """The largest `error` of a result of a case that is within the tolerance: a larger one is
        over it, whichever element it is of. Needs no framework."""
        operation = cls.small()()
        inputs = operation.hurting(case, operation.generator(case))
        return largest_allowed(
            operation.reference(case, _widened(operation.rounded(case, inputs))),
            operation.allowed(case),
            operation.result_dtype(case),
            componentwise=operation.componentwise,
        )

    @classmethod
    def parsed(cls, *values: str) -> tuple[Case, str]:
        """The case, and the backend, of the values of all parameters. Raises ValueError."""
        case, *axes, backend = values
        return Case.parse(case, **dict(zip(cls.axes, axes, strict=True))), backend

    @classmethod
    def labels(cls) -> Iterator[str]:
        """What cases are called, with the values of the axes after them."""
        yield from map(SEPARATOR.join, product(cls.cases, *cls.axes.values()))

    def call(self) -> None:
        """One call, from the inputs to the evaluated result."""
        self._call()

    def time_forward(self, *values: str) -> None:
        """One call, from the inputs to the evaluated result."""
        self._call()

    @said_to_asv(unit="instructions", timeout=900.0)
    def track_instructions(self, *values: str) -> float:
        """Instructions of one call, of MLX on a CPU: for ``asv run -b track_instructions``."""
        from asv_runner.benchmarks.mark import SkipNotImplemented

        try:
            return self._instructions(values)
        except NotImplementedError as error:
            # As asv does for a skip in `setup`, which knows no benchmark from the other.
            print(f"asv: skipped: {error!r} ")
            raise SkipNotImplemented(str(error)) from error

    def _instructions(self, values: tuple[str, ...]) -> float:
        target = BACKENDS[values[-1]]
        if target.control or target.device != "cpu":
            raise NotImplementedError("instructions are counted of MLX on a CPU")
        seconds = min(self._wall_seconds() for _ in range(2))  # kernels are compiled then
        name = f"{type(self).__module__.rpartition('.')[2]}.{type(self).__name__}"
        return instructions_per_call(name, values, seconds)

    def prepare(
        self, case: Case, backend: str, make: MakeInputs | None = None
    ) -> tuple[Framework, Function]:
        """The framework of `backend` and the operation bound to its inputs, ready to call.

        `make`: what makes the inputs instead of `inputs`.
        """
        target = BACKENDS[backend]
        result = nbytes(self.output_shape(case), dtype=case.dtype)
        require_memory(2 * nbytes(*case.shapes, dtype=case.dtype) + result)
        if target.device == "cpu":
            limit_memory()
        if target.framework == "mlx" and target.device == "cpu":
            # Its work is done by one thread that the caller waits for: on one core a call
            # costs 10 us, across two 70 us and much noise.
            pin(os.environ.get("MLX_CPU_AFFINITY"))
        framework = FRAMEWORKS[target.framework](target.device)
        if target.framework == "mlx":
            _require_release(self.first_release(case), framework.version)
        define = getattr(self, target.framework)
        try:
            function = define(case, *framework.modules)
        except AttributeError as error:
            if name := _missing_name(error, target.framework):
                release = f"{target.framework} {framework.version}"
                raise NotImplementedError(f"no such API in {release}: {name}") from error
            raise
        rng = self.generator(case)
        with unpinned():
            arrays = self.arrange(target.framework, (make or self.inputs)(case, rng))
        given = [framework.array(a, self.input_dtype(case, n)) for n, a in enumerate(arrays)]
        function, inputs = self.load(function, given)
        if case.mode == GRADIENT:
            function = framework.gradient(function, self.differentiated(case))
            cotangent = rounded(normal(rng, self.output_shape(case)), case.dtype)
            (cotangent,) = self.arrange_result(target.framework, [cotangent])
            inputs = [*inputs, framework.array(cotangent, case.dtype)]
        return framework, framework.bind(function, inputs, target.compiled)

    def generator(self, case: Case) -> np.random.Generator:
        """Of the numbers of a case, the same ones each time."""
        return np.random.default_rng(zlib.crc32(f"{type(self).__name__} {case.label}".encode()))

    def inputs(self, case: Case, rng: np.random.Generator) -> Inputs:
        """The inputs as every framework gets them: numbers that their element types have."""
        return self.rounded(case, self.arrays(case, rng))

    def rounded(self, case: Case, arrays: Inputs) -> Inputs:
        """The nearest numbers that the inputs' element types have."""
        return [
            rounded(array, dtype)
            if array.dtype.kind == "f" and (dtype := self.input_dtype(case, place)) != "float32"
            else array
            for place, array in enumerate(arrays)
        ]

    def _wall_seconds(self) -> float:
        start = perf_counter()
        self._call()
        return perf_counter() - start

    def _time_once(self) -> float:
        start, used = perf_counter(), processor_time()
        self._call()
        wall, own = perf_counter() - start, processor_time() - used
        # Several processes of a sweep load at once, on one core: they wait for each other.
        return own if pinned() else wall

    def _require_quick(self, values: tuple[str, ...]) -> None:
        limit = float(os.environ.get("MLX_ASV_CALL_LIMIT", CALL_LIMIT))

        def seconds_per_call() -> str:
            seconds = self._time_once()
            if limit < seconds < limit + 10:  # the first call may have compiled kernels
                seconds = self._time_once()
            return str(seconds)

        question = f"{type(self).__name__} {' '.join(values)} {limit}"
        seconds = float(remember(question, seconds_per_call))
        if seconds > limit:
            raise NotImplementedError(
                f"one call takes {seconds:.1f} s, longer than the limit of {limit:g} s"
            )


def _widened(arrays: Inputs) -> Inputs:
    """As a reference takes them."""
    return [each.astype(np.float64) if each.dtype.kind == "f" else each for each in arrays]


def _error_benchmark(cls: type[Operation], cases: tuple[str, ...]) -> Callable[..., float]:
    """`track_error` of an operation, with parameters of its own: its backends are MLX's, and what
    is called is the operation itself."""
    axes = {**cls.axes, "mode": (FORWARD,)} if "mode" in cls.axes else cls.axes
    backends = [name for name in cls.backends if not BACKENDS[name].control]
    values = {"case": cases, **axes, "backend": backends}

    @said_to_asv(unit="", param_names=list(values), params=[list(each) for each in values.values()])
    def track_error(self: Operation, *values: str) -> float:
        """The largest relative error against float64."""
        return self.error(*values)

    return track_error


def _require_release(first: str, version: str) -> None:
    """Skip what a release of MLX cannot compute, though it has the names: some end the process."""

    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text.partition(".dev")[0])]

    if numbers(version) < numbers(first):
        raise NotImplementedError(f"mlx {version} cannot compute this, mlx {first} can")


def _missing_name(error: AttributeError, framework: str) -> str | None:
    """The name that a module or class of the framework lacks; None when the error is our own."""
    owner = str(getattr(error.obj, "__module__", None) or getattr(error.obj, "__name__", ""))
    if owner.split(".")[0] != framework:
        return None
    return f"{getattr(error.obj, '__name__', owner)}.{error.name}"
