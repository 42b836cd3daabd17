"""What was told lately, kept for those who lost their connection and come back with the point they had reached."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What somebody is told who begins to listen, before anything new.

    Attributes:
        frames: all that they missed, oldest first.
        point: what they have reached by that.
        reset: what they missed is not known any more: they have to read everything anew.
    """

    frames: tuple[bytes, ...]
    point: str
    reset: bool


@dataclass(slots=True)
class _Log:
    frames: deque[bytes]
    told: int = 0
    # Points of a log that was forgotten, or of another process, are no points of this one.
    name: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    def point(self) -> str:
        return f"{self.name}.{self.told}"

    def since(self, point: str) -> tuple[bytes, ...] | None:
        """What was told after a point; None: it is not known any more."""
        name, _, number = point.rpartition(".")
        if name != self.name or not number.isascii() or not number.isdigit():
            return None
        missed = self.told - int(number)
        if not 0 <= missed <= len(self.frames):
            return None
        return tuple(self.frames)[len(self.frames) - missed :]


class Replays:
    """The last frames of channels, in memory and bounded. Called on the event loop only.

    Args:
        channels: so many are remembered; beyond, the one that was used the longest ago is forgotten.
        frames: kept of each.
    """

    def __init__(self, *, channels: int, frames: int) -> None:
        self._channels = channels
        self._frames = frames
        self._logs: OrderedDict[str, _Log] = OrderedDict()

    def __contains__(self, channel: str) -> bool:
        return channel in self._logs

    def add(self, channel: str, frame: bytes) -> str | None:
        """Remember a frame; the point that it makes. None: nobody has ever listened to the channel."""
        log = self._logs.get(channel)
        if log is None:
            return None
        self._logs.move_to_end(channel)
        log.frames.append(frame)
        log.told += 1
        return log.point()

    def catch_up(self, channel: str, point: str | None) -> CatchUp:
        """What somebody has missed who had reached ``point``; None: they have just come, and missed nothing.

        From now on what the channel is told is remembered.
        """
        log = self._logs.get(channel)
        if log is None:
            log = self._logs[channel] = _Log(deque(maxlen=self._frames))
            if len(self._logs) > self._channels:
                self._logs.popitem(last=False)
        self._logs.move_to_end(channel)
        missed = () if point is None else log.since(point)
        return CatchUp(missed or (), log.point(), reset=missed is None)
