"""Answers that take the same time whether or not there is an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Several times what a transaction takes that queues a mail. Seconds.
EVEN_SECONDS = 0.1


@asynccontextmanager
async def evenly(seconds: float = EVEN_SECONDS) -> AsyncIterator[None]:
    """Leave no sooner than so many seconds after entering, also by an exception.

    For what must not tell by its time what it found: queueing a mail for an account takes more statements than
    finding none. Nothing is held meanwhile: enter around a transaction, not within.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        yield
    finally:
        await asyncio.sleep(end - loop.time())
