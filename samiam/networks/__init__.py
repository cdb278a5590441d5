"""Plain networks that several rooms share, on torch or as graphs for ONNX Runtime; they know nothing of micrographs."""
