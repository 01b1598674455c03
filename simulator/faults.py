"""What is to go wrong: faults, the marks in memo2 that ask for them, and the list of them; breaks nothing itself."""

import re
from dataclasses import dataclass
from threading import Event, RLock

from .fault_kinds import ANY, KINDS, LONGEST_WAIT, SECONDS, VALUES

MOST_TIMES = 1000
KEPT = 100  # faults on the list; the oldest spent ones are dropped

MARK = re.compile(r"(?<![\w-])fault:([\w./:-]*)", re.ASCII)
NAMES = {name.removesuffix(".cgi"): name for name in ANY}


class Unknown(ValueError):
    """A fault that cannot be armed: `field` breaks `rule`."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule


@dataclass
class Fault:
    """A fault for the next `times` calls of `cgi` ("" for every one that its kind fits) about `order_number`
    ("" for any). `mark` is the mark in memo2 that brought it; such a one fires at every call, and `times` is 0."""

    kind: str
    value: str = ""
    cgi: str = ""
    order_number: str = ""
    times: int = 1
    mark: str = ""
    id: int = 0
    fired: int = 0
    armed: bool = True

    def __post_init__(self) -> None:
        """Raises Unknown for the first field that makes no sense."""
        kind = KINDS.get(self.kind)
        if kind is None:
            raise Unknown("kind", f"one of {', '.join(KINDS)}")
        pattern, rule, default = VALUES[kind.takes]
        self.value = self.value or default
        if not re.fullmatch(pattern, self.value) or (kind.takes == SECONDS and float(self.value) > LONGEST_WAIT):
            raise Unknown("value", rule)
        if self.cgi and self.cgi not in kind.cgis:
            raise Unknown("cgi", f"one of {', '.join(kind.cgis)}")
        if not re.fullmatch(r"[A-Za-z0-9]{0,32}", self.order_number):
            raise Unknown("order_number", "letters and digits, at most 32")
        if not self.mark and not 1 <= self.times <= MOST_TIMES:
            raise Unknown("times", f"1 to {MOST_TIMES}")

    @property
    def state(self) -> str:
        """In words, as the page and the API say it: armed, fired n of m, or never fired."""
        if self.mark:
            return f"fired {self.fired}× by memo2"
        fired = f"fired {self.fired} of {self.times}" if self.fired else "never fired"
        if self.armed:
            return f"armed, {fired}"
        return fired if self.fired == self.times else f"disarmed, {fired}"

    def fits(self, cgi: str, order_number: str) -> bool:
        """Whether it is meant for this call."""
        meant = self.cgi in ("", cgi) and cgi in KINDS[self.kind].cgis
        return self.armed and meant and self.order_number in ("", order_number)


class Faults:
    """The list, oldest first. `closing` is set when the simulator ends, so that nothing waits any longer."""

    def __init__(self) -> None:
        self.closing = Event()
        self._lock = RLock()
        self._faults: list[Fault] = []
        self._last = 0

    def arm(self, fault: Fault) -> Fault:
        """Put a fault on the list. Raises Unknown where too many are armed."""
        with self._lock:
            if len(self._faults) >= KEPT:
                spent = next((old for old in self._faults if not old.armed), None)
                if spent is None:
                    raise Unknown("kind", f"at most {KEPT} armed at once")
                self._faults.remove(spent)
            self._last += 1
            fault.id = self._last
            self._faults.append(fault)
        return fault

    def disarm(self, number: int) -> Fault | None:
        """Let a fault fire no more; it stays on the list. None where there is no such fault."""
        with self._lock:
            for fault in self._faults:
                if fault.id == number:
                    fault.armed = False
                    return fault
        return None

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()
            self._last = 0

    def all(self) -> list[Fault]:
        """Newest first."""
        with self._lock:
            return self._faults[::-1]

    def take(self, cgi: str, order_number: str, memo2: str) -> Fault | None:
        """The fault for this call, counted as fired: the oldest armed one, else what a mark in `memo2` asks for."""
        with self._lock:
            for fault in self._faults:
                if not fault.mark and fault.fits(cgi, order_number):
                    fault.fired += 1
                    fault.armed = fault.fired < fault.times
                    return fault
            return self._marked(cgi, order_number, memo2)

    def give_back(self, fault: Fault) -> None:
        """Uncount a fault that found nothing to break in the answer."""
        with self._lock:
            fault.fired -= 1
            fault.armed = not fault.mark

    def _marked(self, cgi: str, order_number: str, memo2: str) -> Fault | None:
        mark = find_mark(memo2)
        if mark is None:
            return None
        try:
            wanted = read_mark(mark, order_number)
        except Unknown:
            return None
        if not wanted.fits(cgi, order_number):
            return None
        known = [fault for fault in self.all() if (fault.mark, fault.order_number) == (mark, order_number)]
        fault = known[0] if known else self.arm(wanted)
        fault.fired += 1
        fault.armed = False
        return fault


def find_mark(memo2: str) -> str | None:
    """What follows `fault:` in a memo2."""
    found = MARK.search(memo2)
    return found[1] if found else None


def read_mark(mark: str, order_number: str = "") -> Fault:
    """The fault that `[CGI/]KIND[:VALUE]` asks for; without a CGI, the first that the kind fits. Raises Unknown."""
    name, slash, rest = mark.rpartition("/")
    kind, _, value = rest.partition(":")
    cgi = NAMES.get(name.removesuffix(".cgi"), name) if slash else KINDS[kind].cgis[0] if kind in KINDS else ""
    return Fault(kind, value, cgi, order_number, times=0, mark=mark)
