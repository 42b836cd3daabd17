"""What no request could show: calls and words that must not be in the program at all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = sorted((ROOT / "server_ext/quantlab_server").rglob("*.py"))
PYTHON = SERVER + sorted((ROOT / "quantlab_ext").rglob("*.py"))
PAGE = [
    file
    for pattern in ("*.ts", "*.tsx")
    for file in sorted((ROOT / "labextension/src").rglob(pattern))
    if "__tests__" not in file.parts
] + sorted((ROOT / "server_ext/quantlab_server/pages").glob("*.js"))

# A delay before trying again and a path between prices: nobody gains by guessing these.
HARMLESS_RANDOM = {"tasks.py", "bar_path.py"}
# Drawn as well, and public: ids of a key and of a replay, and what makes a taken username free.
NAMES = {("keys.py", "6"), ("replay.py", "9"), ("service.py", "6")}


def _calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    """Dotted name and node of every call."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def _imports(file: Path) -> set[str]:
    """Names of the modules that a file imports, each with its parents."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            found |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return found


def test_the_server_starts_no_commands_and_evaluates_nothing() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
    for file in PYTHON:
        assert not {name for name, _ in _calls(file)} & forbidden, file
        assert not _imports(file) & {"subprocess", "pty", "code", "codeop"}, file


def test_the_server_reads_no_xml_and_no_pickles() -> None:
    forbidden = {"xml", "lxml", "pickle", "marshal", "shelve", "yaml", "dill", "cloudpickle"}
    for file in PYTHON:
        assert not _imports(file) & forbidden, file


def test_no_pattern_is_made_of_what_people_send() -> None:
    patterns = re.compile(r"^re\.(compile|match|search|fullmatch|sub|split|findall|finditer)$")
    for file in SERVER:
        for name, call in _calls(file):
            if patterns.match(name):
                assert _is_fixed(call.args[0]), f"{file}:{call.lineno}"
            if name.endswith((".format", ".format_map")):
                assert isinstance(call.func, ast.Attribute)
                # A constant of the module, or psycopg's own composition of statements.
                owner = ast.unparse(call.func.value)
                assert re.match(r"^(_?[A-Z_]+|sql\.SQL\(.*\)|'.*')$", owner, re.DOTALL), owner


def _is_fixed(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return all(
            isinstance(part, ast.Constant)
            or (isinstance(part, ast.FormattedValue) and _is_fixed(part.value))
            for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return _is_fixed(node.left) and _is_fixed(node.right)
    return isinstance(node, ast.Constant) or bool(re.match(r"^_?[A-Z_]+$", ast.unparse(node)))


def test_no_weak_primitive_is_used() -> None:
    weak = re.compile(r"\b(md5|sha1|MD5|SHA1|ECB|CBC|DES|TripleDES|ARC4|Blowfish|PKCS1v15)\b")
    # How services of breached passwords are asked; it says itself that nothing is secured by it.
    asked_by = "hashlib.sha1(password.encode(), usedforsecurity=False)"
    for file in PYTHON:
        found = weak.search(file.read_text(encoding="utf-8").replace(asked_by, ""))
        assert found is None, f"{file}: {found}"


def test_what_nobody_may_guess_is_drawn_by_secrets() -> None:
    for file in SERVER:
        if file.name not in HARMLESS_RANDOM:
            assert not _imports(file) & {"random", "numpy.random"}, file
    # 16 bytes are 128 bits.
    for file in SERVER:
        for name, call in _calls(file):
            if name in ("secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe"):
                argument = ast.unparse(call.args[0])
                if (file.name, argument) not in NAMES:
                    assert not argument.isdigit() or int(argument) >= 16, f"{file}:{call.lineno}"


def test_the_page_evaluates_no_text_and_inserts_no_markup() -> None:
    forbidden = re.compile(
        r"dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write"
        r"|\beval\(|new Function\b|srcdoc"
    )
    for file in PAGE:
        assert not forbidden.search(file.read_text(encoding="utf-8")), file


def test_the_page_listens_to_no_messages_of_other_windows() -> None:
    for file in PAGE:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"window\.(addEventListener\(\s*'message'|onmessage)", text), file


def test_fields_of_passwords_let_people_paste() -> None:
    fields = (ROOT / "labextension/src/ui/fields.tsx").read_text(encoding="utf-8")
    assert "type={shown ? 'text' : 'password'}" in fields
    for file in PAGE:
        text = file.read_text(encoding="utf-8")
        assert "onPaste" not in text, file
        assert "'paste'" not in text, file
