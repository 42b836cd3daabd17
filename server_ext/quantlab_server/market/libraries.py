"""Large libraries, imported late and in threads, without stopping the event loop longer than they must."""

from __future__ import annotations

import gc
import sys
import threading
from importlib import import_module
from types import ModuleType

_loading = threading.Lock()


def load(name: str) -> ModuleType:
    """Import a module; never on the event loop.

    Thousands of classes and functions are made in a second, and the garbage collector looks at all of them again and
    again with the interpreter lock held, which stops every thread. So it pauses, and what there is then is left out of
    later looks: modules live as long as the process.

    Raises:
        ImportError: it is not installed, or not complete.
    """
    if name in sys.modules:
        return import_module(name)
    with _loading:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return import_module(name)
        finally:
            if was_enabled:
                gc.freeze()
                gc.enable()
