"""The shop as chaos runs it: the same app, in a process that dies where it hurts most, and whose hours are seconds."""

import os
import random
import signal
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from flask import Flask
from requests.adapters import HTTPAdapter

import app as storefront
import database
import settlement

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# How likely the process dies at each of its points; 0 in peace.
DEATH = float(os.environ.get("CHAOS_DEATH", "0"))
dice = random.Random(f"{os.environ.get('CHAOS_SEED')} {os.getpid()}")  # noqa: S311

# A slow answer is given up after seconds here, so that a run has room for many of them.
storefront.ORDER_TIMEOUT = (1.0, 2.0)
if DEATH:
    # So is a database that is held.
    database.BUSY_SECONDS = 1
if os.environ.get("CHAOS_PEACE"):
    # Peace begins a day later: whatever was never registered, or left on a page, is surely dead.
    settlement.UNREGISTERED_AFTER = settlement.PAGE_CLOSED_AFTER = timedelta(0)


def die() -> None:
    """End this process as a power cut would."""
    if dice.random() < DEATH:
        os.kill(os.getpid(), signal.SIGKILL)


class DeadlyLine(HTTPAdapter):
    """The line to Epsilon: the process can die before it sends, and between Epsilon's answer and our record of it."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and perhaps die."""
        die()
        response = super().send(*args, **kwargs)
        die()
        return response


def create_app() -> Flask:
    """The shop on a deadly line, which can also die between its record and its answer to the buyer."""
    session = requests.Session()
    session.mount("http://", DeadlyLine(pool_maxsize=32))
    shop = storefront.create_app(session=session)
    answer: Callable[..., Iterable[bytes]] = shop.wsgi_app

    def deadly_answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = answer(environ, start_response)
        die()
        return body

    shop.wsgi_app = deadly_answer  # type: ignore[method-assign]
    return shop
