"""BERT and its relatives in float64: text by text and head by head, without padding's keys."""

from collections.abc import Mapping
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from .encoder import Config

Array = NDArray[np.float64]
Ids = NDArray[np.int64]


class Text:
    """One text, of which `kept` are no padding."""

    def __init__(self, config: Config, weights: Mapping[str, Array], ids: Ids, mask: Ids) -> None:
        self.config = config
        self.weights = weights
        self.ids = ids
        self.kept = np.flatnonzero(mask)

    def encode(self) -> Array:
        """The last hidden state, (tokens, hidden)."""
        x = self.norm("embeddings.LayerNorm", self.embed())
        for number in range(self.config.layers):
            layer = f"encoder.layer.{number}"
            x = self.norm(f"{layer}.attention.output.LayerNorm", x + self.attend(layer, x))
            wide = self.linear(f"{layer}.intermediate.dense", x)
            gelu = wide * normal_distribution(wide)
            x = self.norm(
                f"{layer}.output.LayerNorm", x + self.linear(f"{layer}.output.dense", gelu)
            )
        return x

    def embed(self) -> Array:
        """Words, their places and the one type of text, added up."""
        places, seen = [], 0
        for place, word in enumerate(self.ids):
            if self.config.family == "Bert":
                places.append(place)
            elif word == self.config.pad:
                places.append(self.config.pad)
            else:
                seen += 1
                places.append(self.config.pad + seen)
        table = {name: self.weights[f"embeddings.{name}_embeddings.weight"] for name in TABLES}
        found: Array = table["word"][self.ids] + table["position"][places] + table["token_type"][0]
        return found

    def attend(self, layer: str, x: Array) -> Array:
        """Multi-head attention and its projection."""
        q, k, v = (self.linear(f"{layer}.attention.self.{each}", x) for each in PROJECTIONS)
        size = x.shape[1] // self.config.heads
        heads = []
        for start in range(0, x.shape[1], size):
            part = slice(start, start + size)
            scores = q[:, part] @ k[self.kept, part].T / np.sqrt(size)
            parts = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(parts / parts.sum(axis=1, keepdims=True) @ v[self.kept, part])
        return self.linear(f"{layer}.attention.output.dense", np.hstack(heads))

    def linear(self, name: str, x: Array) -> Array:
        """A linear layer."""
        product: Array = np.einsum("ti,oi->to", x, self.weights[f"{name}.weight"])
        return product + self.weights[f"{name}.bias"]

    def norm(self, name: str, x: Array) -> Array:
        """Layer normalisation."""
        deviation = np.sqrt(x.var(axis=1, keepdims=True) + self.config.eps)
        normal: Array = (x - x.mean(axis=1, keepdims=True)) / deviation
        return normal * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


TABLES = ("word", "position", "token_type")
PROJECTIONS = ("query", "key", "value")


def normal_distribution(x: Array) -> Array:
    """How much of it is below each number."""
    found = [(1 + erf(value / sqrt(2))) / 2 for value in x.flat]
    return np.array(found).reshape(x.shape)
