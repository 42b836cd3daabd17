"""The clock, as something that is handed in: tests move it and never wait."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds since the epoch, UTC.
Clock = Callable[[], float]

system_clock: Clock = time.time
