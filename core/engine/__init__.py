"""The engine: the one path of every model call. Importing it imports no Google SDK."""

from core.engine.clients import Clients
from core.engine.engine import Engine
from core.engine.limits import Limits
from core.engine.live import LiveRun

__all__ = ["Clients", "Engine", "Limits", "LiveRun"]
