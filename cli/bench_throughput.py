"""Messages a second and time of an answer, ours against stock Rasa with its REST channel: same model, same machine, one after the other.

Ours keeps each message and each reply in the database and survives a crash at any moment; stock Rasa answers in the request and keeps
nothing. The ratio says what that costs.
"""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import yaml

from bot.settings import Settings
from cli.client import Chat
from cli.demo import free_port
from cli.processes import LOCAL, Program, Supervised, environment, rasa

Say = Callable[[str], None]
Ask = Callable[[str], None]  # say a line and wait for the whole answer
PEOPLE = {1: 30, 10: 8, 50: 4}  # people at once: messages of each


class Load(NamedTuple):
    rate: float
    p50: float
    p95: float


def measure(people: int, messages: int, lines: list[str], newcomer: Callable[[], Ask]) -> Load:
    """`newcomer` opens the conversation of one more person. Milliseconds."""
    asks = [newcomer() for _ in range(people)]
    for ask in asks[:2]:
        ask(lines[0])
    times: list[float] = []

    def talk(ask: Ask) -> None:
        for n in range(messages):
            started = time.perf_counter()
            ask(lines[n % len(lines)])
            times.append(1000 * (time.perf_counter() - started))

    started = time.perf_counter()
    with ThreadPoolExecutor(people) as crowd:
        list(crowd.map(talk, asks))
    ordered = sorted(times)
    return Load(len(times) / (time.perf_counter() - started), ordered[len(ordered) // 2], ordered[int(0.95 * len(ordered))])


def ours(config: Settings) -> Callable[[], Ask]:
    def newcomer() -> Ask:
        chat = Chat(config.address)

        def ask(line: str) -> None:
            assert chat.say(line), "Dalil said nothing"

        return ask

    return newcomer


def stock(url: str) -> Callable[[], Ask]:
    numbers = iter(range(10**6))

    def newcomer() -> Ask:
        name, web = f"person-{next(numbers)}", httpx.Client(timeout=60)

        def ask(line: str) -> None:
            answer = web.post(f"{url}/webhooks/rest/webhook", json={"sender": name, "message": line, "metadata": {"form": "fr"}})
            assert answer.raise_for_status().json(), "stock Rasa said nothing"

        return ask

    return newcomer


def against_stock(config: Settings, url: str, lines: list[str], say: Say) -> None:
    """Ours first, on the installation that runs; then stock Rasa beside it, with the same action server."""
    mine = {people: measure(people, messages, lines, ours(config)) for people, messages in PEOPLE.items()}
    server, address = _stock_server(config, url)
    try:
        theirs = {people: measure(people, messages, lines, stock(address)) for people, messages in PEOPLE.items()}
    finally:
        server.stop()
    say(f"{'people':>8}{'ours msg/s':>12}{'p50 ms':>9}{'p95 ms':>9}{'stock msg/s':>13}{'p50 ms':>9}{'p95 ms':>9}{'ratio of rates':>16}")
    for people in PEOPLE:
        a, b = mine[people], theirs[people]
        say(f"{people:8}{a.rate:12.1f}{a.p50:9.0f}{a.p95:9.0f}{b.rate:13.1f}{b.p50:9.0f}{b.p95:9.0f}{a.rate / b.rate:16.2f}")


def _stock_server(config: Settings, url: str) -> tuple[Supervised, str]:
    port, folder = free_port(), config.var_dir
    endpoints: dict[str, Any] = {"action_endpoint": {"url": f"http://{LOCAL}:{config.actions_port}/webhook"}}
    for name, content in (("rest.yml", {"rest": None}), ("stock.yml", endpoints)):
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    files = ("-m", "models/dalil.tar.gz", "--endpoints", str(folder / "stock.yml"), "--credentials", str(folder / "rest.yml"))
    command = (sys.executable, "-m", "rasa", "run", "-i", LOCAL, "-p", str(port), *files)
    server = Supervised(Program("stock", command, f"http://{LOCAL}:{port}/"), environment(config, url), lambda _: None)
    while not server.is_ready():
        threading.Event().wait(0.5)
    return server, f"http://{LOCAL}:{port}"


def several(config: Settings, url: str, lines: list[str], say: Say) -> None:
    """With more processes of Rasa that share the inbox."""
    more: list[Supervised] = []
    try:
        for count in (2, 3):
            program = rasa(f"rasa-{count}", free_port())
            more.append(Supervised(program, environment(config, url), lambda _: None))
            while not more[-1].is_ready():
                threading.Event().wait(0.5)
            load = measure(10, PEOPLE[10], lines, ours(config))
            say(f"{count} rasa processes, 10 people: {load.rate:.1f} msg/s, p50 {load.p50:.0f} ms, p95 {load.p95:.0f} ms")
    finally:
        for process in more:
            process.stop()
