from .measuring import measure
from .record import Measurements
from .writing import write_measured

__all__ = ["Measurements", "measure", "write_measured"]
