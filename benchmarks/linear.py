"""Matrix products."""

from .cases import Case, Shape
from .frameworks import Api, Function, Inputs
from .operation import Operation


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

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[0][:-1], case.shapes[1][-1])

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.matmul

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.matmul

    def numpy(self, case: Case, np: Api) -> Function:
        return np.matmul
