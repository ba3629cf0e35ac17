"""What asv_runner's timer and the worker around it add to a call. Runs in the measuring
interpreter: ``python -m mlx_asv.bench.harness SUITE INDEX SAMPLES``; prints JSON.

The same prepared call, in the same process on the same memory, is timed in turn as the worker
times it and by timeit alone; which of the two goes first is drawn for each pair.
"""

import json
import random
import sys
from timeit import Timer

from mlx_asv.measurement.worker import WARM_UP, Prepared

#: The benchmark of `suite` whose calls have a known length.
BENCHMARK = "kernels.Length.time_call"


def main(suite: str, index: int, samples: int) -> None:
    """Print pairs of seconds: timeit's, and the worker's."""
    prepared = Prepared(suite, BENCHMARK, index, None)
    prepared.warm_up(WARM_UP)
    bare = Timer(prepared._benchmark.func.__self__.call)
    rng = random.Random(index)
    pairs = []
    for _ in range(samples):
        if rng.random() < 0.5:
            alone = bare.timeit(1)
            worker = prepared.samples(1)[0]
        else:
            worker = prepared.samples(1)[0]
            alone = bare.timeit(1)
        pairs.append((alone, worker))
    print(json.dumps(pairs))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
