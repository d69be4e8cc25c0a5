"""The processes of an installation: started, watched, restarted when one dies, stopped together."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.errors import SetupError
from bot.log import MARK as LOG_MARK
from bot.settings import ROOT, Settings

Say = Callable[[str], None]
LOCAL = "127.0.0.1"
RESTART_SECONDS = 1.0
STOP_SECONDS = 8.0
WORTH_SEEING = re.compile(r"\b(ERROR|CRITICAL)\b|^\w+(\.\w+)*(Error|Exception)\b")


@dataclass(frozen=True)
class Program:
    """`ready` is an address that answers 200 once the process works; empty: being alive is enough."""

    name: str
    command: tuple[str, ...]
    ready: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def programs(settings: Settings) -> list[Program]:
    """The four processes. Rasa and the action server listen on this machine only."""
    return [_actions(settings.actions_port), _web(settings.host, settings.port), _sender(), rasa("rasa", settings.rasa_port)]


def _actions(port: int) -> Program:
    command = (sys.executable, "-m", "rasa_sdk", "--actions", "actions", "-p", str(port))
    return Program("actions", command, f"http://{LOCAL}:{port}/health", {"SANIC_HOST": LOCAL})


def _web(host: str, port: int) -> Program:
    """No web sockets: not used, and the version that Rasa pins cannot be imported by uvicorn."""
    server = (sys.executable, "-m", "uvicorn", "web.app:create_app", "--factory", "--ws", "none", "--timeout-graceful-shutdown", "3")
    command = (*server, "--host", host, "--port", str(port), "--no-access-log", "--log-level", "warning")
    return Program("web", command, f"http://{_reach(host)}:{port}/health/ready")


def _sender() -> Program:
    return Program("sender", (sys.executable, "-m", "cli", "sender"))


def rasa(name: str, port: int) -> Program:
    """Any number of them share the inbox."""
    files = ("-m", "models/dalil.tar.gz", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml")
    return Program(
        name, (sys.executable, "-m", "rasa", "run", "-i", LOCAL, "-p", str(port), *files), f"http://{LOCAL}:{port}/webhooks/gateway/ready"
    )


def _reach(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def environment(settings: Settings, url: str) -> dict[str, str]:
    """What children get: our settings, the database address, and libraries that keep quiet and phone nobody."""
    return {
        **os.environ,
        **settings.as_environment(),
        "DATABASE_URL": url,
        "PTB_TIMEDELTA": "true",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": str(min(2, os.cpu_count() or 1)),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "ERROR",
        "LOG_LEVEL_RASA": "ERROR",
        "LOG_LEVEL_LIBRARIES": "ERROR",
    }


class Supervised:
    """One process: its output goes to a file, our own lines and errors also to `say`; when it ends by itself it is started again."""

    def __init__(self, program: Program, env: Mapping[str, str], say: Say) -> None:
        self.program, self._env, self._say = program, {**env, **program.env}, say
        self._log = Path(env["DALIL_VAR_DIR"]) / "log" / f"{program.name}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._stopping = threading.Event()
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.program.command,
            cwd=ROOT,
            env=self._env,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,
        )

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._copy_output()
            code = self._process.wait()
            if not self._stopping.wait(RESTART_SECONDS):
                self._say(f"{self.program.name:8} ended with code {code}; starting it again")
                self._process = self._start()

    def _copy_output(self) -> None:
        """Libraries say much: all of it is kept, what a person should see is shown."""
        assert self._process.stdout is not None
        with self._process.stdout as output, self._log.open("a", encoding="utf-8") as log:
            for line in output:
                log.write(line)
                log.flush()
                if line.startswith(LOG_MARK) or WORTH_SEEING.search(line):
                    self._say(f"{self.program.name:8} {line.removeprefix(LOG_MARK).rstrip()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, as a crash would. It is started again."""
        self._process.kill()

    def is_ready(self) -> bool:
        if self._process.poll() is not None:
            return False
        try:
            return not self.program.ready or httpx.get(self.program.ready, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Ask, wait, insist."""
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watcher.join(STOP_SECONDS)


def _die_with_parent() -> None:
    """Linux ends the child when the launcher is killed; own group, so that Ctrl-C reaches only the launcher."""
    os.setpgrp()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Stack:
    """All processes together. `with Stack(...) as stack:` leaves none behind."""

    def __init__(self, settings: Settings, url: str, say: Say, beside: Sequence[Program] = ()) -> None:
        self._programs, self._env, self._say = [*beside, *programs(settings)], environment(settings, url), say
        self.running: dict[str, Supervised] = {}

    def __enter__(self) -> "Stack":
        try:
            for program in self._programs:
                self.running[program.name] = Supervised(program, self._env, self._say)
        except OSError as error:
            self.__exit__()
            raise SetupError(f"A process could not be started: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        stoppers = [threading.Thread(target=p.stop) for p in self.running.values()]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()

    def wait(self, seconds: float = 180.0) -> None:
        """Until every process answers. The slowest is Rasa, whose imports take 6 to 26 seconds."""
        deadline = time.monotonic() + seconds
        waiting = list(self.running.values())
        while waiting:
            if time.monotonic() > deadline:
                names = ", ".join(p.program.name for p in waiting)
                raise SetupError(f"Not ready after {seconds:.0f} s: {names}. The lines above say why.")
            waiting = [p for p in waiting if not p.is_ready()]
            threading.Event().wait(0.25)
