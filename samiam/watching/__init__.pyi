from .arrivals import Arrival, arriving
from .interest import INTERESTS, Interest, where_to_look
from .log import RegionLog
from .watching import watch

__all__ = ["INTERESTS", "Arrival", "Interest", "RegionLog", "arriving", "watch", "where_to_look"]
