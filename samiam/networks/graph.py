"""Networks as ONNX graphs, made layer by layer from the tensors of a file of weights; torch is not needed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

_OPSET = 20  # the first with GELU
_IR_VERSION = 10  # the newest that every ONNX Runtime from 1.18 on reads
_EPSILON = 1e-5  # of torch's batch norm
_LEAST_NORM = 1e-12  # of torch's normalize


class Graph:
    """A graph that grows: each method adds a layer and gives the name of what comes out of it.

    Layers are named as the modules of the torch network are, and take their tensors by these names.

    Args:
        state: float32 tensors by name, as `state_dict` names them.
        inputs: the names of the inputs, float32 of any shape, and their numbers of axes.
    """

    def __init__(self, state: Mapping[str, NDArray[Any]], inputs: Mapping[str, int]) -> None:
        self._state, self._taken = state, set[str]()
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs = [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None] * n_axes)
            for name, n_axes in inputs.items()
        ]

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """A tensor of the weights.

        Raises:
            ValueError: if it is missing or has another shape.
        """
        found = self._state.get(name)
        if found is None or found.shape != shape:
            raise ValueError(f"{name} is {'missing' if found is None else found.shape}, not {shape}")
        self._taken.add(name)
        return found

    def not_taken(self) -> set[str]:
        """Tensors that no layer has asked for."""
        return set(self._state) - self._taken

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator of ONNX with one output."""
        return self.split(kind, *inputs, n_outputs=1, **attributes)[0]

    def split(self, kind: str, *inputs: str, n_outputs: int, **attributes: Any) -> list[str]:
        """Add an operator of ONNX with several outputs."""
        outputs = [f"{len(self._nodes)}_{place}" for place in range(n_outputs)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs

    def constant(self, values: NDArray[Any] | Sequence[int]) -> str:
        """Numbers that are always the same; float32, or int64 where they come as a list."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def conv(
        self,
        maps: str,
        name: str,
        shape: tuple[int, int, int, int],
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        has_bias: bool = True,
        gain: NDArray[np.float32] | None = None,
        norm: str | None = None,
    ) -> str:
        """A convolution.

        Args:
            maps: what comes in.
            name: of the module.
            shape: of its weight, (channels out, channels in / groups, height, width).
            stride: of the kernel.
            padding: zeros on each side.
            groups: of channels.
            has_bias: whether it has one.
            gain: (channels out, 1, 1) that multiplies what comes out; none where None.
            norm: the name of a batch norm of what comes in, where there are neither groups nor padding, which it would
                not reach.
        """
        if norm is not None and (groups > 1 or padding):
            raise ValueError(f"{name}: a norm cannot be folded into a convolution of groups or with padding")
        weight = self.tensor(f"{name}.weight", *shape)
        bias = self.tensor(f"{name}.bias", shape[0]) if has_bias else np.zeros(shape[0], np.float32)
        if gain is not None:
            weight, bias = weight * gain[..., None], bias * gain[:, 0, 0]
        if norm is not None:
            gains, shifts, means, variances = self._norm(norm, shape[1])
            factors = gains / np.sqrt(variances + np.float32(_EPSILON))
            bias = bias + (weight * (shifts - means * factors)[:, None, None]).sum(axis=(1, 2, 3))
            weight = weight * factors[:, None, None]
        return self.node(
            "Conv",
            *(maps, self.constant(weight), self.constant(bias)),
            kernel_shape=shape[2:],
            strides=[stride] * 2,
            pads=[padding] * 4,
            group=groups,
        )

    def norm(self, maps: str, name: str, width: int, epsilon: float = _EPSILON) -> str:
        """A batch norm, as in evaluation."""
        return self.node("BatchNormalization", maps, *map(self.constant, self._norm(name, width)), epsilon=epsilon)

    def _norm(self, name: str, width: int) -> list[NDArray[np.float32]]:
        """The four tensors of a batch norm."""
        return [self.tensor(f"{name}.{kind}", width) for kind in ("weight", "bias", "running_mean", "running_var")]

    def gelu(self, maps: str) -> str:
        """GELU by the error function."""
        return self.node("Gelu", maps)

    def doubled(self, maps: str, mode: str = "linear") -> str:
        """Twice as many points along both sides, between pixels as torch has them where corners are not aligned."""
        of_nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        how = of_nearest if mode == "nearest" else {"coordinate_transformation_mode": "half_pixel"}
        return self.node("Resize", maps, "", self.constant(np.array([1, 1, 2, 2], np.float32)), mode=mode, **how)

    def normalised(self, maps: str) -> str:
        """Vectors along the channels at unit length."""
        lengths = self.node("ReduceL2", maps, self.constant([1]), keepdims=1)
        return self.node("Div", maps, self.node("Max", lengths, self.constant(np.array(_LEAST_NORM, np.float32))))

    def model(self, outputs: Mapping[str, str]) -> bytes:
        """The graph, serialised.

        Args:
            outputs: by the name that each is to have, what it is.
        """
        renamed = [helper.make_node("Identity", [made], [name]) for name, made in outputs.items()]
        found = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph([*self._nodes, *renamed], "network", self._inputs, found, self._constants)
        opset = helper.make_opsetid("", _OPSET)
        return bytes(helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION).SerializeToString())
