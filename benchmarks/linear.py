"""Matrix products."""

import numpy as np

from .agreement import HostArray, product
from .backends import UNCOMPILED
from .cases import FORWARD, GRADIENT, Case, Shape
from .frameworks import Api, Function, Inputs
from .operation import Operation
from .typed import HALF_PRODUCTS, Typed, by_dtype
from .work import Work, contraction


class Linear(Operation):
    """x W + b. PyTorch gets W transposed, as its own layer stores it."""

    cases = (
        "100x1024x32 32x1024 1024",
        "100x1024x64 64x1024 1024",
        "100x1024x256 256x1024 1024",
        "100x1024x512 512x1024 1024",
        "100x1x51200 51200x1 1",
    )
    version = 1
    small_cases = ("5x4x6 6x3 3", "5x1x64 64x1 1")
    tolerance = (1e-6, 2e-6)

    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        x, weight, bias = arrays
        return [x, weight.T, bias] if framework == "torch" else arrays

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[0][:-1], case.shapes[1][-1])

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        addmm = mx.addmm
        return lambda x, weight, bias: addmm(bias, x, weight)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.linear

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, weight, bias: x @ weight + bias

    def work(self, case: Case) -> Work:
        return contraction(self, case, case.shapes[0][-1])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight, bias = arrays
        result: HostArray = np.einsum("bti,io->bto", x, weight) + bias
        return result


class MatMul(Operation):
    """Products of matrices: batched, shared, skinny, tall."""

    cases = (
        "32x1x1000 32x1000x128",
        "1000x64x256 256x32",
        "1000x64x1024 1000x1024x32",
        "1000x1024x64 1000x64x256",
        "64x1000000 1000000x32",
        "1000000x64 64x1024",
    )
    version = 1
    small_cases = (
        "3x1x10 3x10x4",
        "5x6x7 7x3",
        "5x6x7 5x7x3",
        "5x3x40 5x40x9",
        "6x500 500x4",
        "300x6 6x8",
    )
    # Loose: 500 products of both signs, results up to 80.
    tolerance = (1e-6, 6e-5)

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[0][:-1], case.shapes[1][-1])

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.matmul

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.matmul

    def numpy(self, case: Case, np: Api) -> Function:
        return np.matmul

    def work(self, case: Case) -> Work:
        return contraction(self, case, case.shapes[0][-1])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return product(*arrays)


class Product(Typed):
    """A B, of one or several A with one B, and its gradients by both."""

    cases = ("256x256 256x256", "4x128x128 128x128")
    dtypes = ("float32", "float16", "bfloat16")
    modes = (FORWARD, GRADIENT)
    backends = UNCOMPILED  # there is nothing to fuse
    version = 1
    since_by_dtype = by_dtype(float16=HALF_PRODUCTS, bfloat16=HALF_PRODUCTS)
    small_cases = ("5x7 7x3", "2x3x4 4x5")
    tolerances = by_dtype(float32=(1e-6, 1e-6), float16=(1e-3, 1e-4), bfloat16=(0.008, 0.001))

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[0][:-1], case.shapes[1][-1])

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.matmul

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.matmul

    def numpy(self, case: Case, np: Api) -> Function:
        return np.matmul

    def work(self, case: Case) -> Work:
        return contraction(self, case, case.shapes[0][-1])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return product(*arrays)


class ProductTransposed(Typed):
    """x W^T, with a weight as layers store it: (outputs, inputs)."""

    cases = ("1x2048 2048x2048",)
    dtypes = ("float32", "float16", "bfloat16")
    backends = UNCOMPILED
    version = 1
    since_by_dtype = by_dtype(float16=HALF_PRODUCTS, bfloat16=HALF_PRODUCTS)
    small_cases = ("1x40 30x40", "3x7 5x7")
    tolerances = by_dtype(float32=(1e-6, 2e-6), float16=(1e-3, 1e-4), bfloat16=(0.008, 0.001))

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][0], case.shapes[1][0]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x, weight: x @ weight.T

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x, weight: x @ weight.T

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, weight: x @ weight.T

    def work(self, case: Case) -> Work:
        return contraction(self, case, case.shapes[0][-1])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        result: HostArray = np.einsum("bi,oi->bo", *arrays)
        return result
