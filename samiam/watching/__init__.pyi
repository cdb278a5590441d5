from .arrivals import Arrival, State, arriving
from .interest import INTERESTS, Interest, where_to_look
from .log import RegionLog
from .watching import watch

__all__ = ["INTERESTS", "Arrival", "Interest", "RegionLog", "State", "arriving", "watch", "where_to_look"]
