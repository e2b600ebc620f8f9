"""The modules that a flow may expect and the sandbox does not have, and what to use instead."""

from typing import NamedTuple

_HTTP = "Use `from sluice import http`: http.get(url) and its like, with uses=['http:HOST']"
_MODELS = (
    "Use `from sluice import agent`, or flow.llm(...): with uses=['llm:default'] the host asks the model"
)
_TIMES = "Use datetime and zoneinfo, which knows all time zones"
_TREES = "Use html.parser or xml.etree.ElementTree"
_NETWORK = "The network is behind the host: use `sluice.http`, or a service that was granted"
_NATIVE = "Only pure Python runs in the sandbox; the standard library has statistics, math, csv and json"
_PACKAGES = "Type hints with dataclasses are checked and described without it"

FILES = "Take the text as input and return the result; io.StringIO and io.BytesIO are files in memory"
PROCESSES = "Do it in Python, or call a service that was granted"
THREADS = "Start operations with .start(...), or use asyncio: either way they run at once"
SOCKETS = "The network is behind the host: use `sluice.http`, `urllib.request` or a service that was granted"
INPUT = "Take it as a parameter of the flow, or ask with flow.ask(...)"


class Instead(NamedTuple):
    """`importable`: the module is there, and what it is for fails when it is used."""

    hint: str
    importable: bool = False


INSTEAD: dict[str, Instead] = {
    "aiohttp": Instead(_HTTP),
    "anthropic": Instead(_MODELS),
    "bs4": Instead(_TREES),
    "ctypes": Instead("The sandbox runs no machine code: use a pure Python way"),
    "curses": Instead("A flow has no terminal: print, or use flow.log.info(...)"),
    "dateutil": Instead(_TIMES),
    "dbm": Instead("The sandbox has no files: sqlite3 keeps tables in memory"),
    "dotenv": Instead("A flow has no environment: take it as a parameter, or as flow.secret('NAME')"),
    "ensurepip": Instead("Packages cannot be installed: the sandbox has the standard library only"),
    "fcntl": Instead("The sandbox has no files: take the data as input and return the result"),
    "ftplib": Instead(_NETWORK, importable=True),
    "grp": Instead("The sandbox has no users of an operating system"),
    "httpx": Instead(_HTTP),
    "jinja2": Instead("Use prompt('... {{ name }} ...').render(name=...), or string.Template"),
    "langchain": Instead(_MODELS),
    "litellm": Instead(_MODELS),
    "lxml": Instead(_TREES),
    "mmap": Instead("The sandbox has no files: use a bytearray"),
    "multiprocessing": Instead("The sandbox has one process: run child flows at once with flow.map(...)"),
    "numpy": Instead(_NATIVE),
    "openai": Instead(_MODELS),
    "pandas": Instead(_NATIVE),
    "pip": Instead("Packages cannot be installed: the sandbox has the standard library only"),
    "pty": Instead("A flow has no terminal"),
    "pwd": Instead("The sandbox has no users of an operating system"),
    "pydantic": Instead(_PACKAGES),
    "pydantic_ai": Instead(_MODELS),
    "pytz": Instead(_TIMES),
    "readline": Instead("A flow has no terminal: take the text as input, or ask with flow.ask(...)"),
    "requests": Instead(_HTTP),
    "resource": Instead("The limits of a run are set by the host"),
    "scipy": Instead(_NATIVE),
    "smtplib": Instead(_NETWORK, importable=True),
    "socket": Instead(SOCKETS, importable=True),
    "socketserver": Instead("A flow cannot listen: whoever calls it starts a run", importable=True),
    "ssl": Instead(SOCKETS),
    "subprocess": Instead(PROCESSES, importable=True),
    "syslog": Instead("Use flow.log.info(...)"),
    "tenacity": Instead("Use @flow.step(retries=3, backoff=1) above the function"),
    "termios": Instead("A flow has no terminal"),
    "tkinter": Instead("A flow has no screen: return data, and show it elsewhere"),
    "tty": Instead("A flow has no terminal"),
    "turtle": Instead("A flow has no screen: return data, and show it elsewhere"),
    "urllib3": Instead(_HTTP),
    "venv": Instead("Packages cannot be installed: the sandbox has the standard library only"),
    "wsgiref": Instead("A flow cannot listen: whoever calls it starts a run"),
    "yaml": Instead("Use json or tomllib: the sandbox has no YAML"),
}

CALLS: dict[str, str] = {
    "builtins.input": INPUT,
    "builtins.open": FILES,
    "io.open": FILES,
    "os.execv": PROCESSES,
    "os.execvp": PROCESSES,
    "os.fork": PROCESSES,
    "os.listdir": FILES,
    "os.makedirs": FILES,
    "os.mkdir": FILES,
    "os.open": FILES,
    "os.popen": PROCESSES,
    "os.remove": FILES,
    "os.scandir": FILES,
    "os.system": PROCESSES,
    "os.walk": FILES,
    "tempfile.NamedTemporaryFile": FILES,
    "tempfile.TemporaryDirectory": FILES,
    "tempfile.TemporaryFile": FILES,
    "tempfile.mkdtemp": FILES,
    "tempfile.mkstemp": FILES,
    "threading.Thread": THREADS,
    "threading.Timer": THREADS,
}
"""Calls that cannot work, by qualified name, and what to do instead."""

FILE_METHODS: dict[str, str] = dict.fromkeys(
    ("iterdir", "mkdir", "read_bytes", "read_text", "touch", "unlink", "write_bytes", "write_text"), FILES
)
"""Methods of paths that need a file system."""
