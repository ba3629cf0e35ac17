"""Training: one step, from a batch to the weights that it leaves."""

from collections.abc import Sequence
from importlib import import_module
from math import prod

import numpy as np

from .agreement import HostArray
from .backends import BACKENDS
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal
from .typed import Typed, by_dtype
from .work import Work

#: Adam's learning rate, how much of each moment stays, and what keeps it from dividing by 0.
RATE, BETAS, EPS = 0.01, (0.9, 0.999), 1e-8

#: Steps that Adam has made before: PyTorch corrects the moments of its first ones, MLX does not.
STEPS = 1e6


class Perceptron:
    """Linear layers between which negative numbers become 0, and Adam, on MLX.

    What both keep, their state, is each parameter and the two moments of it, layer by layer, the
    weight before the bias.
    """

    def __init__(self, case: Case, nn: Api) -> None:
        layers: list[Array] = []
        for inputs, outputs in case.shapes[1:]:
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])
        self.optimizer = import_module("mlx.optimizers").Adam(RATE, betas=list(BETAS), eps=EPS)
        self.optimizer.init(self.model.trainable_parameters())
        cross_entropy = nn.losses.cross_entropy

        def loss(x: Array, targets: Array) -> Array:
            return cross_entropy(self.model(x), targets, reduction="mean")

        self._loss_and_gradients = nn.value_and_grad(self.model, loss)
        #: How many steps it has made, where a release counts them, and its rate.
        self._first = {k: v for k, v in self.optimizer.state.items() if k != "layers"}

    def step(self, x: Array, targets: Array) -> Array:
        """Learn from a batch; returns the loss before."""
        loss, gradients = self._loss_and_gradients(x, targets)
        self.optimizer.update(self.model, gradients)
        return loss

    def give(self, state: Sequence[Array]) -> None:
        """Go on from a state."""
        values = iter(state)
        self.optimizer.state.update(self._first)
        for layer, moments in self._layers():
            for name in ("weight", "bias"):
                layer[name], moments[name]["m"], moments[name]["v"] = (next(values) for _ in "123")

    def taken(self) -> list[Array]:
        """The state."""
        return [
            value
            for layer, moments in self._layers()
            for name in ("weight", "bias")
            for value in (layer[name], moments[name]["m"], moments[name]["v"])
        ]

    def _layers(self) -> list[tuple[Array, Array]]:
        """Those with parameters, and Adam's moments of these."""
        both = zip(self.model.layers, self.optimizer.state["layers"], strict=True)
        return list(both)[::2]


class TrainStep(Typed):
    """A step of a perceptron by Adam: cross entropy, its gradients, new moments, new weights.

    A case is the batch and the layers' weights, (inputs, outputs). Every call makes the same step:
    the state is an input, as large as what the call returns after the loss.
    """

    cases = ("32x64 64x128 128x128 128x10",)
    backends = tuple(name for name, backend in BACKENDS.items() if backend.framework != "numpy")
    version = 1
    small_cases = ("5x3 3x4 4x4 4x2", "8x6 6x16 16x8 8x10")
    error_cases = ()  # of one array
    tolerances = by_dtype(float32=(1e-6, 1e-6))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """The batch, which output of each example is right, and the state."""
        examples, *weights = case.shapes
        found: Inputs = [normal(rng, examples)]
        found.append(rng.integers(weights[-1][1], size=examples[0]))
        for inputs, outputs in weights:
            for shape in ((outputs, inputs), (outputs,)):
                value, first, second = (normal(rng, shape) for _ in "123")
                # The second is one of squares, far from 0: a small one makes a step large.
                scale = np.float32(0.1)
                found += [value / np.float32(inputs**0.5), scale * first, np.square(second) + scale]
        return found

    def output_shape(self, case: Case) -> Shape:
        return (1 + _state_size(case),)

    def load(self, function: Function, inputs: list[Array]) -> tuple[Function, list[Array]]:
        return function(*inputs), inputs

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        perceptron = Perceptron(case, nn)

        def step(x: Array, targets: Array, *state: Array) -> list[Array]:
            perceptron.give(state)
            return [perceptron.step(x, targets), *perceptron.taken()]

        return lambda *inputs: step

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        def load(x: Array, targets: Array, *state: Array) -> Function:
            own = [array.clone() for array in state]
            parameters = own[::3]
            for parameter in parameters:
                parameter.requires_grad_()
            adam = torch.optim.Adam(parameters, lr=RATE, betas=BETAS, eps=EPS)
            for parameter, first, second in zip(*(own[n::3] for n in range(3)), strict=True):
                steps = torch.tensor(STEPS)
                adam.state[parameter] = {"step": steps, "exp_avg": first, "exp_avg_sq": second}

            def step(x: Array, targets: Array, *state: Array) -> list[Array]:
                torch._foreach_copy_(own, state)
                adam.zero_grad()
                with torch.enable_grad():
                    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
                    for layer in hidden:
                        x = F.relu(F.linear(x, *layer))
                    loss = F.cross_entropy(F.linear(x, *last), targets)
                loss.backward()
                adam.step()
                return [loss.detach(), *(array.detach().clone() for array in own)]

            return step

        return load

    def work(self, case: Case) -> Work:
        """Products with each weight: for the result, for its own gradient and, but for the first
        layer, for that of what it is multiplied with."""
        examples, *weights = case.shapes
        products = 3 * sum(map(prod, weights)) - prod(weights[0])
        moved = prod(examples) + 2 * _state_size(case)
        return Work(4 * moved, 2 * examples[0] * products)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, targets, *state = arrays
        weights, biases = state[::6], state[3::6]
        seen: list[HostArray] = []
        out = x
        for weight, bias in zip(weights, biases, strict=True):
            seen.append(np.maximum(out, 0) if seen else out)
            out = np.einsum("bi,oi->bo", seen[-1], weight) + bias
        shares = np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)
        right = np.eye(shares.shape[1])[targets]
        slope = (shares - right) / len(shares)
        found: list[HostArray] = []
        for number in reversed(range(len(weights))):
            gradients = [np.einsum("bo,bi->oi", slope, seen[number]), slope.sum(axis=0)]
            kept = [state[6 * number + n : 6 * number + n + 3] for n in (0, 3)]
            found[:0] = [_adam(g, *k) for g, k in zip(gradients, kept, strict=True)]
            slope = np.einsum("bo,oi->bi", slope, weights[number]) * (seen[number] > 0)
        loss = -np.log(shares[right == 1]).mean()
        return np.concatenate([[loss], *found])


def _adam(slope: HostArray, value: HostArray, first: HostArray, second: HostArray) -> HostArray:
    """A parameter and its moments after a step, one after the other."""
    first = BETAS[0] * first + (1 - BETAS[0]) * slope
    second = BETAS[1] * second + (1 - BETAS[1]) * slope**2
    value = value - RATE * first / (second**0.5 + EPS)
    return np.concatenate([each.ravel() for each in (value, first, second)])


def _state_size(case: Case) -> int:
    """How many numbers: of weights and biases, three each."""
    return 3 * sum((inputs + 1) * outputs for inputs, outputs in case.shapes[1:])
