"""``%quantlab``: parse the line, call the client, show the answer. Errors are one sentence and no traceback."""

from __future__ import annotations

import argparse
import ast
import os
import shlex
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class

from quantlab_ext import shortcuts
from quantlab_ext.content import Content
from quantlab_ext.errors import InvalidInput, QuantLabError
from quantlab_ext.identity import kernel_identity

HELP = """\
%quantlab login [--url URL] [--user LOGIN]   sign in; in JupyterLab without arguments and without a password
%quantlab logout                             forget the identity
%quantlab whoami                             who is signed in, and where
%quantlab list [WORDS] [--tag TAG] [--project NAME] [--kind notebook|python] [--limit N]
%quantlab save NAME [--from FILE | --history [RANGE]] [--project NAME] [--description TEXT] [--tag TAG]... [--overwrite]
%quantlab load NAME [--version N] [--to FILE] [--force]
%quantlab history NAME
%quantlab diff NAME [FROM [TO]]
%quantlab restore NAME VERSION
%%quantlab save NAME                         saves the code of the cell, and does not run it

Without --from and --history, save keeps the file of this notebook as it was last written to disk.
Quote names with spaces: %quantlab load "Trend and drawdown". Help on one command: %quantlab save --help
"""


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(f"{message}. {' '.join(self.format_usage().split())}", code="usage")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _HelpShownError


class _HelpShownError(Exception):
    """``--help`` has printed what there is to say."""


def _parser() -> _Parser:
    top = _Parser(prog="%quantlab", add_help=False)
    commands = top.add_subparsers(dest="command", parser_class=_Parser)

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, prog=f"%quantlab {name}", description=help)

    one = command("login", "Sign in. In JupyterLab and Notebook 7 no arguments are needed.")
    one.add_argument("--url", help="address of the service, or of the server it belongs to")
    one.add_argument("--user", metavar="LOGIN", help="e-mail address or username")
    command("logout", "Forget the identity of this session.")
    command("whoami", "Say who is signed in.")
    command("help", "Show all commands.")
    one = command("list", "List workflows, newest first.")
    one.add_argument("words", nargs="*", help="words in name, description or tags")
    one.add_argument("--tag")
    one.add_argument("--project", metavar="NAME")
    one.add_argument("--kind", choices=("notebook", "python"))
    one.add_argument("--limit", type=_positive, default=50, metavar="N")
    one = command("save", "Save this notebook, a file, or what was run, as a workflow.")
    one.add_argument("name")
    what = one.add_mutually_exclusive_group()
    what.add_argument("--from", dest="source", metavar="FILE", help="an .ipynb or .py file")
    what.add_argument(
        "--history",
        nargs="?",
        const="",
        metavar="RANGE",
        help="what was run in this session, as Python code; RANGE as for %%history: 1-5 8",
    )
    one.add_argument("--project", metavar="NAME")
    one.add_argument("--description", metavar="TEXT")
    one.add_argument("--tag", action="append", dest="tags", metavar="TAG")
    one.add_argument("--overwrite", action="store_true", help="also over a newer version")
    one = command("load", "Put code into the next cell, or write a notebook to a file.")
    one.add_argument("name")
    one.add_argument("--version", type=_positive, metavar="N")
    one.add_argument("--to", metavar="FILE", help="write the content there")
    one.add_argument("--force", action="store_true", help="replace an existing file")
    one = command("history", "List the versions of a workflow.")
    one.add_argument("name")
    one = command("diff", "Show what changed; by default between the last two versions.")
    one.add_argument("name")
    one.add_argument("from_version", nargs="?", type=_positive, metavar="FROM")
    one.add_argument("to_version", nargs="?", type=_positive, metavar="TO")
    one = command("restore", "Make an old version current again, as a new version.")
    one.add_argument("name")
    one.add_argument("version", type=_positive)
    return top


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


@magics_class
class QuantLabMagics(Magics):
    """The ``%quantlab`` and ``%%quantlab`` magics."""

    shell: InteractiveShell

    @line_cell_magic
    def quantlab(self, line: str, cell: str | None = None) -> Any:
        """QuantLab from a cell; ``%quantlab help`` lists the commands. Lists and diffs are returned."""
        try:
            options = _parser().parse_args(_split(line))
            if cell is not None and options.command != "save":
                raise InvalidInput(
                    "Only save works on a whole cell: %%quantlab save NAME.", code="usage"
                )
            return self._run(options, cell)
        except _HelpShownError:
            return None
        except QuantLabError as error:
            print(sentence(error))
        except OSError as error:
            print(f"{error.strerror or 'The file cannot be used'}: {error.filename} (file_error)")
        return None

    def _run(self, options: argparse.Namespace, cell: str | None) -> Any:
        commands: dict[str, Callable[[], Any]] = {
            "login": lambda: self._login(options),
            "logout": self._logout,
            "whoami": self._whoami,
            "list": lambda: _listing(options),
            "save": lambda: self._save(options, cell),
            "load": lambda: self._load(options),
            "history": lambda: shortcuts.history(options.name),
            "diff": lambda: shortcuts.diff(options.name, options.from_version, options.to_version),
            "restore": lambda: self._restore(options),
        }
        return commands.get(options.command, lambda: print(HELP))()

    def _login(self, options: argparse.Namespace) -> None:
        if options.url is None and options.user is not None:
            raise InvalidInput("Give the address too: --url URL.", code="usage")
        user = shortcuts.login(options.url, options.user)
        print(f"Signed in as {user.username}.")

    def _logout(self) -> None:
        shortcuts.logout()
        print(
            "This session has forgotten who you are. Sign out of JupyterLab in the account panel."
        )

    def _whoami(self) -> None:
        client = shortcuts.connect()
        user = client.whoami()
        print(f"{user.username} ({user.role}) of {user.tenant_name} at {client.url}")

    def _save(self, options: argparse.Namespace, cell: str | None) -> None:
        content, note = self._content(options, cell)
        given = {"description": options.description, "tags": options.tags}
        metadata: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        saved = shortcuts.save(
            options.name, content, project=options.project, overwrite=options.overwrite, **metadata
        )
        print(f"Saved “{saved.name}”, version {saved.version}{note}.")

    def _content(self, options: argparse.Namespace, cell: str | None) -> tuple[Content, str]:
        """What to save, and what to say about it."""
        if cell is not None:
            if options.source is not None or options.history is not None:
                raise InvalidInput(
                    "A cell is saved as it is: leave out --from and --history.", code="usage"
                )
            return cell, ""
        if options.source is not None:
            return Path(options.source).expanduser(), f", from {options.source}"
        if options.history is not None:
            return session_code(self.shell, options.history), ", from what was run"
        return _this_notebook()

    def _load(self, options: argparse.Namespace) -> None:
        workflow = shortcuts.load(options.name, version=options.version)
        if options.to is None and workflow.kind == "python":
            self.shell.set_next_input(workflow.code or "")
            print(f"“{workflow.name}”, version {workflow.version}, is in the next cell.")
            return
        target = Path(options.to).expanduser() if options.to else Path(f"{workflow.name}.ipynb")
        try:
            workflow.write(target, force=options.force)
        except FileExistsError:
            raise InvalidInput(
                f"“{target}” exists: name another file with --to, or replace it with --force.",
                code="file_exists",
            ) from None
        print(f"“{workflow.name}”, version {workflow.version}, was written to {target}.")

    def _restore(self, options: argparse.Namespace) -> None:
        workflow = shortcuts.restore(options.name, options.version)
        print(
            f"“{workflow.name}”: version {options.version} is current again, as version {workflow.version}."
        )


def _listing(options: argparse.Namespace) -> Any:
    return shortcuts.list(
        " ".join(options.words) or None,
        tag=options.tag,
        project=options.project,
        kind=options.kind,
        limit=options.limit,
    )


def _split(line: str) -> Sequence[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise InvalidInput("A quotation mark is not closed.", code="usage") from None


def _this_notebook() -> tuple[Content, str]:
    """The file of this notebook, as Jupyter named it when the kernel started."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    path = Path(name)
    if path.suffix != ".ipynb" or not path.is_file():
        raise InvalidInput(
            "The file of this notebook is not known here: give --from FILE, or --history for what was run. A notebook "
            "that was opened from the library is saved with Ctrl+S.",
            code="no_file",
        )
    written = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    return path, f", {path.name} as written to disk at {written:%H:%M:%S}"


def session_code(shell: InteractiveShell, ranges: str) -> str:
    """What was run in this session as Python code; ``%quantlab`` itself is left out.

    Cells that are not plain Python (magics, shell commands) appear in the form that IPython runs.

    Raises:
        InvalidInput: nothing was run, or nothing in these ranges.
    """
    history = shell.history_manager
    if history is None:
        raise InvalidInput("This session keeps no history.", code="no_history")
    if ranges:
        numbers = [(session, n) for session, n, _ in history.get_range_by_str(ranges)]
        if any(session != 0 for session, _ in numbers):
            raise InvalidInput("Only this session's cells can be saved: 1-5 8.", code="usage")
        wanted = [n for _, n in numbers]
    else:
        wanted = [*range(1, len(history.input_hist_raw))]
    cells = [
        _as_python(history.input_hist_raw[n], history.input_hist_parsed[n])
        for n in wanted
        if 0 < n < len(history.input_hist_raw)
    ]
    code = "\n\n".join(cell for cell in cells if cell)
    if not code:
        raise InvalidInput("Nothing was run yet that could be saved.", code="no_history")
    return code + "\n"


def _as_python(raw: str, parsed: str) -> str:
    lines = [
        line
        for line in raw.splitlines()
        if not line.lstrip().startswith(("%quantlab", "%load_ext quantlab_ext"))
    ]
    own = "\n".join(lines).strip()
    if not own or own.startswith("%%quantlab"):
        return ""
    try:
        ast.parse(own)
    except SyntaxError:
        return parsed.strip()
    return own


def sentence(error: QuantLabError) -> str:
    """An error as one line: what happened, its code, and the id to quote to an operator."""
    tail = f"{error.code}, request {error.request_id}" if error.request_id else error.code
    fields = error.details.get("fields")
    if isinstance(fields, list) and fields:
        where = "; ".join(
            f"{f.get('path')}: {f.get('message')}" for f in fields if isinstance(f, dict)
        )
        return f"{error.message} {where} ({tail})"
    return f"{error.message} ({tail})"


def register(shell: InteractiveShell) -> None:
    """Add the magics, and ask the page at once, so that its answer is there when it is needed."""
    shell.register_magics(QuantLabMagics)
    if not os.environ.get("QUANTLAB_URL"):
        kernel_identity().start()
