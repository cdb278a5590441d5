from .notebook import Viewer, view
from .session import Session, Verdict

__all__ = ["Session", "Verdict", "Viewer", "view"]
