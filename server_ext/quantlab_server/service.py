"""The central process: a bare tornado application with our routes and no others.

Kernels, contents and terminals must not exist here: this process runs beside the database credentials.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass, field
from typing import Any

from jupyter_events import EventLogger
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config

from quantlab_server.audit.events import AuditEvents
from quantlab_server.config import Settings
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.service_mount import build_application
from quantlab_server.routes import build_table
from quantlab_server.tasks import PeriodicTasks
from quantlab_server.wiring import build_services

log = logging.getLogger("quantlab")

GRACE = 10.0  # seconds that running requests get when the process is asked to stop


@dataclass
class CentralService:
    """One central process.

    Args:
        settings: with ``mode`` central; the database is migrated and checked already.
    """

    settings: Settings
    host: str
    port: int
    base_url: str = "/"
    # Handlers of audit events (EventLogger.handlers) come from here.
    config: Config = field(default_factory=Config)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then finish what runs."""
        services = build_services(self.settings)
        application = build_application(Dispatcher(services, build_table()), self.base_url)
        server = HTTPServer(
            application,
            max_header_size=32 * 1024,
            idle_connection_timeout=75,
            body_timeout=60,
            max_buffer_size=64 * 1024 * 1024,
            xheaders=False,
        )
        sockets = bind_sockets(self.port, self.host)
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        log.info("QuantLab serves on http://%s:%d%s", self.host, port, self.base_url)
        tasks = PeriodicTasks(services)
        if self.settings.audit.jupyter_events is not False:
            AuditEvents(services.audit, EventLogger(config=self.config)).start()
        tasks.start()
        await _asked_to_stop()
        log.info("stopping")
        server.stop()
        services.stream.stop()
        await tasks.stop()
        await asyncio.wait_for(server.close_all_connections(), GRACE)
        await services.rate_limiter.close()
        await asyncio.to_thread(services.close)


async def _asked_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(*_: Any) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ask)
    await stop.wait()
