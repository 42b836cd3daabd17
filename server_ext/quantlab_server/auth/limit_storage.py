"""In-memory storage for the library ``limits``, without its thread and with a clock that is handed in.

The library's own memory storage starts a timer thread every 10 ms while it is used and walks all keys in it.
Here, stale keys go a few at a time with each write, so that nothing ever stops the event loop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from limits.aio.storage import MovingWindowSupport, Storage

from quantlab_server.auth.clock import Clock, system_clock

_SWEEP = 4  # old keys looked at with each write: more than come in


@dataclass(frozen=True, slots=True)
class Window:
    """What a moving window says: whether a place was left, how many are taken, seconds until the oldest is free."""

    taken: bool
    used: int
    left: float


class ClockedMemoryStorage(Storage, MovingWindowSupport):
    """Fixed and moving windows of one process. Used on one event loop only, so it needs no locks."""

    STORAGE_SCHEME = ["quantlab+memory"]

    def __init__(self, clock: Clock = system_clock) -> None:
        super().__init__()
        self._clock = clock
        # key -> [count, end of the window]
        self._counts: dict[str, list[float]] = {}
        # key -> (seconds of the window, times of the entries)
        self._entries: dict[str, tuple[int, deque[float]]] = {}
        self._held: dict[str, set[str]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library takes for a failure of the storage."""
        return ValueError

    def count(self, key: str, expiry: int, amount: int = 1) -> int:
        """``incr`` without being a coroutine, for the one call that every request makes."""
        now = self._clock()
        state = self._counts.get(key)
        if state is None or not now < state[1] <= now + expiry:
            self._sweep(now)
            self._counts.pop(key, None)
            state = self._counts[key] = [0, now + expiry]
        state[0] += amount
        return int(state[0])

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a fixed window of ``expiry`` seconds that begins with its first hit."""
        return self.count(key, expiry, amount)

    async def get(self, key: str) -> int:
        """The count of the current window."""
        state = self._counts.get(key)
        return int(state[0]) if state is not None and state[1] > self._clock() else 0

    async def get_expiry(self, key: str) -> float:
        """When the current window ends, in seconds since the epoch."""
        state = self._counts.get(key)
        return state[1] if state is not None else self._clock()

    async def check(self) -> bool:
        """Always there."""
        return True

    async def reset(self) -> int | None:
        """Forget everything."""
        number = len(self._counts) + len(self._entries)
        self._counts.clear()
        self._entries.clear()
        return number

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._counts.pop(key, None)
        self._entries.pop(key, None)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add ``amount`` entries unless there would be more than ``limit`` in the last ``expiry`` seconds."""
        now = self._clock()
        times = self._window(key, expiry, now)
        if len(times) + amount > limit:
            return False
        self._sweep(now)
        times.extend([now] * amount)
        self._entries.pop(key, None)
        self._entries[key] = (expiry, times)
        return True

    def take(self, key: str, limit: int, expiry: int) -> Window:
        """``acquire_entry`` without being a coroutine, for the one call that every request makes."""
        now = self._clock()
        times = self._window(key, expiry, now)
        taken = len(times) < limit
        if taken:
            if key not in self._entries:
                self._sweep(now)
            times.append(now)
            self._entries[key] = (expiry, times)
        return Window(taken, len(times), (times[0] if times else now) + expiry - now)

    def hold(self, key: str, name: str) -> int:
        """Note under ``name`` that something is being checked; how many are, with this one."""
        held = self._held.setdefault(key, set())
        held.add(name)
        return len(held)

    def let_go(self, key: str, name: str) -> None:
        """The check is over."""
        held = self._held.get(key)
        if held is not None:
            held.discard(name)
            if not held:
                del self._held[key]

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The time of the oldest entry (or now) and the number of entries in the window."""
        now = self._clock()
        times = self._window(key, expiry, now)
        return (times[0] if times else now), len(times)

    def _window(self, key: str, expiry: int, now: float) -> deque[float]:
        _, times = self._entries.get(key, (expiry, deque[float]()))
        while times and times[0] <= now - expiry:
            times.popleft()
        # After the clock was set back what is in the future would count for much longer than the window.
        while times and times[-1] > now:
            times.pop()
        return times

    def _sweep(self, now: float) -> None:
        for key in [k for k, (_, end) in islice(self._counts.items(), _SWEEP) if end <= now]:
            del self._counts[key]
        for key in [
            k
            for k, (expiry, times) in islice(self._entries.items(), _SWEEP)
            if not times or times[-1] <= now - expiry
        ]:
            del self._entries[key]
