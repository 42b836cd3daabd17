"""A real Jupyter server or JupyterLab in throw-away folders."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import httpx

from tests.support.process import ServerProcess, base_environment, tool
from tests.support.waiting import free_port


class JupyterServerProcess(ServerProcess):
    """``jupyter lab`` (default) or ``jupyter server``, with every folder below ``home``.

    Attributes:
        token: Jupyter's token; :meth:`client` sends it.
        root: folder that the file browser and kernels see.
        data_dir: QuantLab's data folder. Give the same one to two servers to share it.
    """

    def __init__(
        self,
        home: Path,
        *,
        app: str = "lab",
        args: tuple[str, ...] = (),
        data_dir: Path | None = None,
        env: dict[str, str] | None = None,
        executable: str | None = None,
        base_url: str = "/",
    ) -> None:
        self.home = home
        self.root = home / "root"
        self.data_dir = data_dir or home / "quantlab"
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{base_url}"
        for folder in (self.root, home / "settings", home / "workspaces"):
            folder.mkdir(parents=True, exist_ok=True)
        _write_overrides(home / "data")
        command = [executable or tool("jupyter"), app, *_options(self, base_url), *args]
        super().__init__(
            command,
            env=base_environment(**_folders(home, self.data_dir), **(env or {})),
            log=home / "jupyter.log",
            ready_url=f"{self.url}api",
            cwd=self.root,
        )

    @property
    def lab_url(self) -> str:
        """Address that opens JupyterLab signed in."""
        return f"{self.url}lab?token={self.token}"

    @property
    def api_url(self) -> str:
        """QuantLab's API, without a slash at the end."""
        return f"{self.url}quantlab/api"

    def client(self, *, session: str | None = None) -> httpx.Client:
        """A client of QuantLab's API that passes Jupyter's door; ``session`` is an access token."""
        headers = {"Authorization": f"token {self.token}"}
        if session is not None:
            headers["X-QuantLab-Session"] = session
        return httpx.Client(base_url=self.api_url, headers=headers, timeout=30.0)


def _options(server: JupyterServerProcess, base_url: str) -> list[str]:
    return [
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={server.port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.base_url={base_url}",
        f"--ServerApp.root_dir={server.root}",
        f"--IdentityProvider.token={server.token}",
    ]


def _folders(home: Path, data_dir: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "QUANTLAB_DATA_DIR": str(data_dir),
    }


def _write_overrides(data: Path) -> None:
    """Defaults for JupyterLab's settings: the news dialog would cover what tests look at.

    JupyterLab reads user-level defaults from ``labconfig/default_setting_overrides.json`` of the
    configuration path, here the throw-away one.
    """
    folder = data.parent / "config" / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    overrides = {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        }
    }
    (folder / "default_setting_overrides.json").write_text(json.dumps(overrides))
