"""How gunicorn serves the shop: type `gunicorn` in this folder. Says nothing about the shop itself; that is in .env."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

# Read apart, not into the environment: there the workers of a reload would still find the old ones.
_settings = {**dotenv_values(Path(__file__).with_name(".env")), **os.environ}

wsgi_app = "app:create_app()"
# Only this machine is served; what stands in front, with TLS, is in docs/production.md.
bind = f"127.0.0.1:{_settings.get('PORT') or 8000}"

# A request mostly waits for Epsilon, and a thread that waits costs next to nothing: enough of them that those who only
# look at the shelf find one free while two hundred buyers wait. `make load` measures it.
worker_class = "gthread"
workers = int(_settings.get("WEB_CONCURRENCY") or 2)
threads = 128
# A worker takes what it has threads for and leaves the rest to the others. Kept connections would be counted too.
worker_connections = threads
keepalive = 0

# Each worker opens the database and Epsilon for itself: connections and locks do not survive a fork. So does a reload
# find a new .env.
preload_app = False

# A stop lets requests end. The longest asks Epsilon twice, for the order and for what became of it, each time
# 35 seconds at most (app.ORDER_TIMEOUT). One that is cut off even so loses no order: reconcile asks about it.
graceful_timeout = 75
# Not a limit on requests: so long a worker may show no life at all, while it stops above all.
timeout = 90

# There is no access log: the path of a confirmation is the key to it. nginx writes one without (docs/production.md).
accesslog = None
# What a proxy says is believed in one place only: TRUSTED_PROXIES, in the shop.
forwarded_allow_ips = ""
# Nobody steers the running server but by signals.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """End with status 2 where the settings cannot work: gunicorn itself would start worker after worker in vain.

    This also brings the tables up to date before the first worker needs them.
    """
    trial = subprocess.run([sys.executable, "-c", "import app; app.create_app()"], check=False)
    if trial.returncode:
        sys.exit(trial.returncode)


def post_fork(server: Any, worker: Any) -> None:
    """Write each move of an order, and each exchange with Epsilon, to where gunicorn writes: the standard error."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It warns of every connection to Epsilon beyond ten that it cannot keep, and that is all right.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
