from .encoder import CompactEncoder
from .generator import CompactGenerator
from .looks import Look
from .weights import look

__all__ = ["CompactEncoder", "CompactGenerator", "Look", "look"]
