"""A local Epsilon: speaks the gateway's protocol to any shop, moves no money, shares no code with a client."""

from .app import close, create_app
from .server import Server

__all__ = ["Server", "close", "create_app"]
