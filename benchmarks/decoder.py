"""The decoder layers that language models share, on ``mlx.nn``, with quantized weights.

As Llama, Qwen and Mistral have them in mlx-lm: RMSNorm before attention and before the feed-forward
part, rotary positions, heads of queries that share keys and values, SwiGLU, no biases. Between the
layers and the tokens there is nothing: no embedding and no head.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .cases import Shape
from .frameworks import Api, Array

#: Of normalisation.
EPS = 1e-5

#: Rows by which a cache grows, as in mlx-lm.
GROWTH = 256


@dataclass(frozen=True)
class Config:
    """The shape of the layers, and how their weights are quantized."""

    layers: int
    width: int
    heads: int
    #: Heads of keys and values.
    shared: int
    feed_forward: int
    bits: int
    group: int

    @property
    def size(self) -> int:
        """Of a head."""
        return self.width // self.heads


def weight_shapes(config: Config) -> dict[str, Shape]:
    """The shape of each weight; those of two axes are (outputs, inputs), and are quantized."""
    width, wide, cached = config.width, config.feed_forward, config.shared * config.size
    layer: dict[str, Shape] = {
        "attention.norm": (width,),
        "attention.query": (width, width),
        "attention.key": (cached, width),
        "attention.value": (cached, width),
        "attention.output": (width, width),
        "feed_forward.norm": (width,),
        "feed_forward.gate": (wide, width),
        "feed_forward.up": (wide, width),
        "feed_forward.down": (width, wide),
    }
    every = {f"{n}.{name}": shape for n in range(config.layers) for name, shape in layer.items()}
    return {**every, "norm": (width,)}


class Decoder:
    """Layers, their weights and caches. Raises AttributeError for what a release lacks."""

    def __init__(self, config: Config, mx: Api, nn: Api) -> None:
        self._config = config
        self._mx, self._nn = mx, nn
        self._silu = nn.silu
        self._attend = mx.fast.scaled_dot_product_attention
        self._rope = nn.RoPE(config.size, traditional=False, base=10000)
        self._quantized = nn.QuantizedLinear.from_linear
        self._layers: dict[str, Any] = {}
        self._caches: list[tuple[Array, Array]] = []

    def load(
        self, weights: Mapping[str, Array], keys: Array, values: Array
    ) -> Callable[[Array, int], Array]:
        """Take the weights, by the names of `weight_shapes`, and quantize them; take what the
        caches hold so far (layers, shared heads, tokens, size of a head); `step`."""
        mx = self._mx
        for name, weight in weights.items():
            self._layers[name] = self._norm(weight) if weight.ndim == 1 else self._linear(weight)
        room = mx.zeros((1, self._config.shared, GROWTH, self._config.size), dtype=keys.dtype)
        self._caches = [
            (mx.concatenate([k[None], room], axis=2), mx.concatenate([v[None], room], axis=2))
            for k, v in zip(keys, values, strict=True)
        ]
        mx.eval([layer.parameters() for layer in self._layers.values()], self._caches)
        return self.step

    def _norm(self, weight: Array) -> Any:
        norm = self._nn.RMSNorm(weight.shape[0], eps=EPS)
        norm.weight = weight
        return norm

    def _linear(self, weight: Array) -> Any:
        outputs, inputs = weight.shape
        linear = self._nn.Linear(inputs, outputs, bias=False)
        linear.weight = weight
        return self._quantized(linear, self._config.group, self._config.bits)

    def step(self, hidden: Array, place: int) -> Array:
        """What the layers make of one token (1, 1, width); `place` tokens came before it."""
        for number, cache in enumerate(self._caches):
            hidden = hidden + self._attention(f"{number}.attention", hidden, place, *cache)
            hidden = hidden + self._feed_forward(f"{number}.feed_forward", hidden)
        normal: Array = self._layers["norm"](hidden)
        return normal

    def _attention(self, part: str, hidden: Array, place: int, keys: Array, values: Array) -> Array:
        layers, size = self._layers, self._config.size
        x = layers[f"{part}.norm"](hidden)
        q, k, v = (
            layers[f"{part}.{name}"](x).reshape(1, 1, -1, size).transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        end = place + 1
        keys[..., place:end, :] = self._rope(k, offset=place)
        values[..., place:end, :] = v
        turned, seen = self._rope(q, offset=place), (keys[..., :end, :], values[..., :end, :])
        attended = self._attend(turned, *seen, scale=size**-0.5)
        return layers[f"{part}.output"](attended.transpose(0, 2, 1, 3).reshape(1, 1, -1))

    def _feed_forward(self, part: str, hidden: Array) -> Array:
        norm, gate, up, down = (
            self._layers[f"{part}.{name}"] for name in ("norm", "gate", "up", "down")
        )
        x = norm(hidden)
        return down(self._silu(gate(x)) * up(x))
