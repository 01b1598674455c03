"""Japan's time, which can be moved; everything in the simulator asks it, and it asks the machine."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

FARTHEST = 3650  # days to either side


class Clock:
    """Calls give Japan time, so many days from `base`. A move is forgotten when the simulator ends."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._lock = Lock()
        self.days = 0

    def __call__(self) -> datetime:
        return self._base() + timedelta(days=self.days)

    def move(self, days: int) -> None:
        """Move by so many days, back where negative. Raises ValueError beyond FARTHEST."""
        with self._lock:
            if abs(self.days + days) > FARTHEST:
                raise ValueError(f"at most {FARTHEST} days from today")
            self.days += days

    def reset(self) -> None:
        """Back to the machine's own time."""
        with self._lock:
            self.days = 0
