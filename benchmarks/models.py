"""Whole models: BERT and its relatives, from token ids to the last hidden state.

PyTorch runs Hugging Face transformers as its users do, MLX the `encoder` of this suite. Both take
the same random weights, which are drawn here: nothing is downloaded. Texts fill their batch, so
there is no padding, and a mask of ones.
"""

from abc import abstractmethod
from dataclasses import replace
from importlib import import_module
from math import prod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .agreement import HostArray
from .backends import BACKENDS
from .cases import Case, Shape
from .encoder import Config, Encoder, weight_shapes
from .encoder_reference import Text
from .frameworks import Api, Array, Framework, Function, Inputs
from .growing import Growing
from .inputs import DRAWN, normal
from .operation import MakeInputs, Operation

#: Characters of English -> tokens of BERT's and RoBERTa's tokenizers, and of XLM-RoBERTa's.
TOKENS = {50: 11, 100: 21, 200: 38, 500: 100}
XLM_TOKENS = {50: 13, 100: 24, 200: 42, 500: 113}

BATCHES = (1, 16, 32)


class Model(Growing):
    """Inference of one model. A definition returns what takes the weights, by their names."""

    cases = tuple(f"characters={length} batch={batch}" for length in TOKENS for batch in BATCHES)
    backends = tuple(name for name, backend in BACKENDS.items() if backend.framework != "numpy")

    table = "models"
    small_cases = ("characters=50 batch=1", "characters=100 batch=3")
    #: Two layers whose results are about 1, each the sum of a hundred products or so.
    tolerance = (0.0, 3e-6)

    #: The published model that has this shape.
    checkpoint: ClassVar[str]
    #: Characters of a text -> tokens.
    tokens: ClassVar[dict[int, int]] = TOKENS

    @property
    @abstractmethod
    def config(self) -> Config:
        """Its shape."""

    def smaller(self, case: str) -> str | None:
        """The same text in the next smaller batch."""
        length, _, batch = case.partition(" batch=")
        fewer = BATCHES[: BATCHES.index(int(batch))]
        return f"{length} batch={fewer[-1]}" if fewer else None

    def prepare(
        self, case: Case, backend: str, make: MakeInputs | None = None
    ) -> tuple[Framework, Function]:
        """As any operation's: token ids, mask and weights are its inputs."""
        batch = self._batch(case)
        shapes = (batch, batch, *weight_shapes(self.config).values())
        return super().prepare(replace(case, shapes=shapes), backend, make)

    def _batch(self, case: Case) -> Shape:
        return case.numbers["batch"], self.tokens[case.numbers["characters"]]

    def output_shape(self, case: Case) -> Shape:
        return (*self._batch(case), self.config.hidden)

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """Token ids and mask (batch, tokens), and the weights in the order of their names."""
        batch = self._batch(case)
        ids = rng.integers(self.config.pad + 1, self.config.vocabulary, size=batch)
        return [ids, np.ones(batch, dtype=np.int64), *weights(self.config, rng)]

    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        # PyTorch shares the memory of NumPy's arrays, and most of these share it among themselves.
        if framework != "torch":
            return arrays
        return [array.copy() if array.size <= DRAWN else array for array in arrays]

    def load(self, function: Function, inputs: list[Array]) -> tuple[Function, list[Array]]:
        """Give the model its weights: what is called is the model, with ids and mask."""
        ids, mask, *values = inputs
        named = dict(zip(weight_shapes(self.config), values, strict=True))
        return function(named), [ids, mask]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return Encoder(self.config, mx, nn).load

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        transformers = import_module("transformers")
        undrawn = import_module("transformers.initialization").no_init_weights
        shape = self.config
        config = getattr(transformers, f"{shape.family}Config")(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=shape.positions,
            type_vocab_size=shape.types,
            layer_norm_eps=shape.eps,
            pad_token_id=shape.pad,
        )
        with undrawn():
            model = getattr(transformers, f"{shape.family}Model")(config, add_pooling_layer=False)

        def load(named: dict[str, Array]) -> Function:
            model.load_state_dict(named, assign=True)
            model.to(next(iter(named.values())).device).eval()
            return lambda ids, mask: model(ids, attention_mask=mask).last_hidden_state

        return load

    @property
    def title(self) -> str:
        return self.checkpoint

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        ids, mask, *values = arrays
        named = dict(zip(weight_shapes(self.config), values, strict=True))
        texts = zip(ids, mask, strict=True)
        return np.stack([Text(self.config, named, *text).encode() for text in texts])

    @classmethod
    def small(cls) -> type[Operation]:
        """A model of few and small layers, whose texts are followed by padding."""
        sizes = {"vocabulary": 50, "hidden": 32, "layers": 2, "heads": 4, "feed_forward": 48}

        class Small(cls):  # type: ignore[misc, valid-type]
            config = replace(cls.config, **sizes)  # type: ignore[type-var]

            def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
                ids, mask, *weights = super().arrays(case, rng)
                for text in range(1, len(mask)):  # the first is complete
                    mask[text, -3 * text :] = 0
                return [np.where(mask == 1, ids, self.config.pad), mask, *weights]

        Small.__name__ = cls.__name__  # inputs are drawn by name
        return Small


def weights(config: Config, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Random weights, scaled so that no layer's output grows or vanishes.

    Normal, with the standard deviation 1 / sqrt(hidden); around 1 where they multiply a normalised
    value. They are cut from `DRAWN` values at random places, and share their memory.
    """
    drawn = normal(rng, (DRAWN,)) / np.float32(np.sqrt(config.hidden))
    found = []
    for name, shape in weight_shapes(config).items():
        size = prod(shape)
        start = int(rng.integers(DRAWN - min(size, DRAWN) + 1))
        values = np.resize(drawn[start:], shape) if size > DRAWN else drawn[start : start + size]
        values = values.reshape(shape)
        found.append(values + np.float32(1) if name.endswith("LayerNorm.weight") else values)
    return found


class BertBase(Model):
    """BERT-base: 109 million weights."""

    checkpoint = "bert-base-uncased"
    config = Config("Bert", 30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0)
    version = 1


class BertLarge(Model):
    """BERT-large: 334 million weights."""

    checkpoint = "bert-large-uncased"
    config = Config("Bert", 30522, 1024, 24, 16, 4096, 512, 2, 1e-12, 0)
    version = 1


class RobertaBase(Model):
    """RoBERTa-base: 124 million weights."""

    checkpoint = "roberta-base"
    config = Config("Roberta", 50265, 768, 12, 12, 3072, 514, 1, 1e-5, 1)
    version = 1


class XLMRobertaBase(Model):
    """XLM-RoBERTa-base: 277 million weights, 192 million of them embeddings of its words."""

    checkpoint = "xlm-roberta-base"
    config = Config("XLMRoberta", 250002, 768, 12, 12, 3072, 514, 1, 1e-5, 1)
    tokens = XLM_TOKENS
    version = 1
