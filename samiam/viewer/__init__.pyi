from .history import Verdict
from .notebook import Viewer, view
from .session import Session

__all__ = ["Session", "Verdict", "Viewer", "view"]
