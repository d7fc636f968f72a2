"""ONNX models, in both directions."""
