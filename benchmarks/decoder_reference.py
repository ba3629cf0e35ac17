"""The decoder layers in float64: token by token, layer by layer and head by head."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .decoder import EPS, Config

Array = NDArray[np.float64]


class Text:
    """A text that grows by a token with each `step`; it has some tokens already, of which
    `keys` and `values` are (layers, shared heads, tokens, size of a head)."""

    def __init__(
        self, config: Config, weights: Mapping[str, Array], keys: Array, values: Array
    ) -> None:
        self.config = config
        self.weights = weights
        self.keys = [list(heads) for heads in keys]
        self.values = [list(heads) for heads in values]

    def step(self, token: Array) -> Array:
        """What the layers make of a token, (width)."""
        for layer in range(self.config.layers):
            token = token + self.attend(layer, self.norm(f"{layer}.attention.norm", token))
            x = self.norm(f"{layer}.feed_forward.norm", token)
            gate, up = (self.linear(f"{layer}.feed_forward.{name}", x) for name in ("gate", "up"))
            wide = gate * (1 + np.tanh(gate / 2)) / 2 * up
            token = token + self.linear(f"{layer}.feed_forward.down", wide)
        return self.norm("norm", token)

    def attend(self, layer: int, x: Array) -> Array:
        """Attention of the newest token to all, and its projection."""
        size, group = self.config.size, self.config.heads // self.config.shared
        q, k, v = (
            self.linear(f"{layer}.attention.{name}", x).reshape(-1, size)
            for name in ("query", "key", "value")
        )
        place = len(self.keys[layer][0])
        for head in range(self.config.shared):
            key = turned(k[head], place)
            self.keys[layer][head] = np.vstack([self.keys[layer][head], key])
            self.values[layer][head] = np.vstack([self.values[layer][head], v[head]])
        heads = []
        for head, query in enumerate(q):
            keys, values = (kept[layer][head // group] for kept in (self.keys, self.values))
            scores = keys @ turned(query, place) / np.sqrt(size)
            parts = np.exp(scores - scores.max())
            heads.append(parts / parts.sum() @ values)
        return self.linear(f"{layer}.attention.output", np.concatenate(heads))

    def linear(self, name: str, x: Array) -> Array:
        """A product."""
        product: Array = self.weights[name] @ x
        return product

    def norm(self, name: str, x: Array) -> Array:
        """Normalisation by the root of the mean square."""
        normal: Array = x / np.sqrt(np.mean(x**2) + EPS) * self.weights[name]
        return normal


def turned(head: Array, place: int) -> Array:
    """A head, with its halves as the two parts of complex numbers that are turned."""
    half = len(head) // 2
    angles = place / 10000 ** (np.arange(half) / half)
    found = (head[:half] + 1j * head[half:]) * np.exp(1j * angles)
    return np.concatenate([found.real, found.imag])
