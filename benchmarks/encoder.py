"""The encoder that BERT and its relatives share, on ``mlx.nn``.

Devlin et al. 2018 (BERT), Liu et al. 2019 (RoBERTa), Conneau et al. 2020 (XLM-RoBERTa); layers
and weights are called as in Hugging Face transformers, so that both take the same dictionary.
From token ids to the last hidden state: no pooler, and no dropout, as in evaluation mode.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from .cases import Shape
from .frameworks import Api, Array

Layer = Callable[..., Array]

#: What is projected from the hidden state before it attends to itself.
ATTENTION = ("query", "key", "value")


@dataclass(frozen=True)
class Config:
    """The shape of a model."""

    #: What transformers' classes begin with.
    family: Literal["Bert", "Roberta", "XLMRoberta"]
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    types: int
    #: Of layer normalisation.
    eps: float
    #: The token id of padding.
    pad: int

    @property
    def counts_tokens(self) -> bool:
        """RoBERTa counts positions from pad + 1 and leaves out padding; BERT counts from 0."""
        return self.family != "Bert"


def layers(config: Config) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name -> class in ``mlx.nn`` and its sizes, of all layers that have weights."""
    hidden, wide = config.hidden, config.feed_forward
    found: dict[str, tuple[str, tuple[int, ...]]] = {
        "embeddings.word_embeddings": ("Embedding", (config.vocabulary, hidden)),
        "embeddings.position_embeddings": ("Embedding", (config.positions, hidden)),
        "embeddings.token_type_embeddings": ("Embedding", (config.types, hidden)),
        "embeddings.LayerNorm": ("LayerNorm", (hidden,)),
    }
    for number in range(config.layers):
        layer = {
            **{f"attention.self.{name}": ("Linear", (hidden, hidden)) for name in ATTENTION},
            "attention.output.dense": ("Linear", (hidden, hidden)),
            "attention.output.LayerNorm": ("LayerNorm", (hidden,)),
            "intermediate.dense": ("Linear", (hidden, wide)),
            "output.dense": ("Linear", (wide, hidden)),
            "output.LayerNorm": ("LayerNorm", (hidden,)),
        }
        found |= {f"encoder.layer.{number}.{name}": each for name, each in layer.items()}
    return found


def weight_shapes(config: Config) -> dict[str, Shape]:
    """The shape of each weight; linear layers hold theirs as (outputs, inputs)."""
    found: dict[str, Shape] = {}
    for name, (kind, sizes) in layers(config).items():
        found[f"{name}.weight"] = sizes[::-1] if kind == "Linear" else sizes
        if kind != "Embedding":
            found[f"{name}.bias"] = sizes[-1:]
    return found


class Encoder:
    """An encoder, its weights still to come. Raises AttributeError for what a release lacks."""

    def __init__(self, config: Config, mx: Api, nn: Api) -> None:
        self._config = config
        self._mx = mx
        self._gelu = nn.gelu
        # Before 0.6.0 the way was to write it out.
        fast = getattr(mx, "fast", None)
        self._attend = getattr(fast, "scaled_dot_product_attention", partial(_attend, mx))
        make: dict[str, Layer] = {
            "Embedding": nn.Embedding,
            "Linear": nn.Linear,
            "LayerNorm": partial(nn.LayerNorm, eps=config.eps),
        }
        # What they draw for themselves is never evaluated.
        self._layers: dict[str, Any] = {
            name: make[kind](*sizes) for name, (kind, sizes) in layers(config).items()
        }
        self._stack = [
            {
                name.removeprefix(prefix): layer
                for name, layer in self._layers.items()
                if name.startswith(prefix)
            }
            for prefix in (f"encoder.layer.{number}." for number in range(config.layers))
        ]

    def load(self, weights: Mapping[str, Array]) -> Layer:
        """Take the weights, by the names of `weight_shapes`; `encode`."""
        for name, weight in weights.items():
            owner, _, attribute = name.rpartition(".")
            setattr(self._layers[owner], attribute, weight)
        return self.encode

    def encode(self, ids: Array, mask: Array) -> Array:
        """The last hidden state (batch, tokens, hidden) of token ids (batch, tokens).

        `mask`, of the same shape, is 1 for a token and 0 for padding, which nothing attends to.
        """
        mx = self._mx
        hidden = self._embed(ids)
        bias = mx.where(mask[:, None, None, :] == 0, -float("inf"), 0.0)
        for layer in self._stack:
            attended = self._attention(layer, hidden, bias)
            hidden = layer["attention.output.LayerNorm"](hidden + attended)
            wide = self._gelu(layer["intermediate.dense"](hidden))
            hidden = layer["output.LayerNorm"](hidden + layer["output.dense"](wide))
        return hidden

    def _embed(self, ids: Array) -> Array:
        mx, pad = self._mx, self._config.pad
        if self._config.counts_tokens:
            is_token = (ids != pad).astype(mx.int32)
            positions = mx.cumsum(is_token, axis=1) * is_token + pad
        else:
            positions = mx.arange(ids.shape[1])
        words = self._layers["embeddings.word_embeddings"](ids)
        types = self._layers["embeddings.token_type_embeddings"](mx.zeros_like(ids))
        places = self._layers["embeddings.position_embeddings"](positions)
        return self._layers["embeddings.LayerNorm"](words + types + places)

    def _attention(self, layer: Mapping[str, Layer], hidden: Array, bias: Array) -> Array:
        batch, tokens, size = hidden.shape
        heads = self._config.heads

        def split(x: Array) -> Array:
            return x.reshape(batch, tokens, heads, size // heads).transpose(0, 2, 1, 3)

        q, k, v = (split(layer[f"attention.self.{name}"](hidden)) for name in ATTENTION)
        attended = self._attend(q, k, v, scale=(size // heads) ** -0.5, mask=bias)
        joined = attended.transpose(0, 2, 1, 3).reshape(batch, tokens, size)
        return layer["attention.output.dense"](joined)


def _attend(mx: Api, q: Array, k: Array, v: Array, *, scale: float, mask: Array) -> Array:
    scores = (q * scale) @ k.transpose(0, 1, 3, 2) + mask
    return mx.softmax(scores, axis=-1) @ v
