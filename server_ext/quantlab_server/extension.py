"""The Jupyter server extension: mode and wiring, nothing else."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Enum, Unicode, default

from quantlab_server.config import CONFIGURABLES, load_settings

# Providers that know one person only: whoever holds this server's token or password. Exactly these: a subclass, or
# a log-in handler of one's own (LegacyIdentityProvider), may know several.
_ONE_PERSON = (IdentityProvider, PasswordIdentityProvider)


class StartRefused(RuntimeError):
    """The configuration must not be served; the message says which setting and what to do."""


class QuantLabExtension(ExtensionApp):
    """QuantLab inside a Jupyter server."""

    name = "quantlab_server"
    extension_url = "/lab"
    load_other_extensions = True
    classes = list(CONFIGURABLES)

    mode = Enum(
        ["embedded", "central", "proxy"],
        config=True,
        help="How this process serves. Default: proxy when service_url is set, else embedded.",
    )
    local_account = Bool(
        config=True,
        help=(
            "Sign whoever holds this Jupyter server in to an account of its own, without a password."
            " Default: True when embedded and the identity provider knows one person."
        ),
    )
    service_url = Unicode("", config=True, help="The central service that proxy mode forwards to.")
    public_url = Unicode(
        "", config=True, help="Base of every link in a mail; the Host header is never used."
    )

    @default("mode")
    def _default_mode(self) -> str:
        return "proxy" if self.service_url else "embedded"

    @default("local_account")
    def _default_local_account(self) -> bool:
        return self.mode == "embedded" and self._one_person()

    def _one_person(self) -> bool:
        provider = getattr(self.serverapp, "identity_provider", None)
        return type(provider) in _ONE_PERSON and "JUPYTERHUB_SERVICE_PREFIX" not in os.environ

    def _check_configuration(self) -> None:
        """Refuse what would put a secret or a person's work at risk."""
        if "JUPYTERHUB_SERVICE_PREFIX" in os.environ and os.environ.get("QUANTLAB_DATABASE_URL"):
            raise StartRefused(
                "QUANTLAB_DATABASE_URL is set in a server that JupyterHub spawned for a user. Whoever holds it"
                " can become any tenant: remove it, run `quantlab serve` as a service, and set service_url."
            )
        if self.mode == "central":
            raise StartRefused(
                "The central service must not run where kernels run: start it with `quantlab serve`."
            )
        if self.mode == "proxy":
            raise StartRefused(
                "Forwarding to a central service (service_url) is not part of this release."
            )
        if self.local_account and not self._one_person():
            raise StartRefused(
                "local_account signs every visitor in to the same account, and this server's identity provider"
                " knows several people: remove QuantLabExtension.local_account."
            )

    def initialize_handlers(self) -> None:
        """Mount the table, or say on every address why it cannot be served."""
        from quantlab_server.http import page_config
        from quantlab_server.http.jupyter_mount import mount, unavailable_handlers
        from quantlab_server.wiring import StartProblem

        assert self.serverapp is not None
        page_config.install(self.serverapp.web_app.settings)
        try:
            self._check_configuration()
            dispatcher = self._build()
        except (StartRefused, StartProblem) as error:
            self.log.critical("QuantLab does not start: %s", error)
            self.handlers.extend(unavailable_handlers(str(error)))
            return
        except Exception:
            self.log.critical("QuantLab does not start. Run `quantlab doctor`.", exc_info=True)
            message = "QuantLab did not start. The server's log says why; run `quantlab doctor`."
            self.handlers.extend(unavailable_handlers(message))
            return
        self.handlers.extend(mount(dispatcher, self.serverapp))

    def _build(self) -> Any:
        from quantlab_server.http.dispatch import Dispatcher
        from quantlab_server.routes import build_table
        from quantlab_server.wiring import build_services, prepare_database

        settings = load_settings(
            self.config,
            mode=self.mode,
            local_account=self.local_account,
            public_url=self.public_url,
        )
        prepare_database(settings, upgrade=True)
        self.services = build_services(settings)
        return Dispatcher(self.services, build_table())

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Once the loop runs: periodic tasks, and audit events for Jupyter's event logger."""
        services = getattr(self, "services", None)
        if services is not None:
            from quantlab_server.audit.events import AuditEvents
            from quantlab_server.tasks import PeriodicTasks

            wanted = services.settings.audit.jupyter_events
            if services.settings.local_account if wanted is None else wanted:
                AuditEvents(services.audit, serverapp.event_logger).start()
            self.tasks = PeriodicTasks(services)
            self.tasks.start()

    async def stop_extension(self) -> None:
        """End tasks, threads and connections."""
        if getattr(self, "tasks", None) is not None:
            await self.tasks.stop()
        services = getattr(self, "services", None)
        if services is not None:
            services.stream.stop()
            services.close()
