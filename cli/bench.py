"""`dalil bench`: how long a first reply takes, and whether a turn in a long conversation costs more than one in a short one."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.settings import Settings
from bot.understanding.corpus import load_yaml
from cli.bench_throughput import against_stock, several
from cli.client import Chat
from cli.demo import apart
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack

Say = Callable[[str], None]
FIRST_REPLIES, TURNS, WINDOW = 30, 200, 10


def play(config: Settings, say: Say) -> int:
    train(config, say)
    with tempfile.TemporaryDirectory(prefix="dalil-bench-") as folder:
        own = apart(config, Path(folder) / "var").model_copy(update={"most_a_minute": 10_000})
        with Embedded(own.var_dir / "postgres") as url:
            fill_database(own, url, say)
            with Stack(own, url, lambda _: None) as stack:
                stack.wait()
                lines = load_yaml(own.data_dir / "demo.yml")["bench"]
                _reply(Chat(own.address), lines[0])  # what loads at its first use
                _first_replies(own, lines, say)
                _long_conversation(own, lines, say)
                against_stock(own, url, lines, say)
                several(own, url, lines, say)
    return 0


def _reply(chat: Chat, line: str) -> float:
    """Milliseconds from POST to the first reply that can be read; then the rest is waited for."""
    started = time.perf_counter()
    chat.post({"text": line})
    while not chat.read(wait=5)[0]:
        pass
    took = 1000 * (time.perf_counter() - started)
    chat.settle()
    return took


def _first_replies(config: Settings, lines: list[str], say: Say) -> None:
    times = sorted(_reply(Chat(config.address), lines[n % len(lines)]) for n in range(FIRST_REPLIES))
    median, p95 = statistics.median(times), times[int(0.95 * len(times))]
    say(f"first reply, {FIRST_REPLIES} new conversations: median {median:.0f} ms, p95 {p95:.0f} ms")


def _long_conversation(config: Settings, lines: list[str], say: Say) -> None:
    chat = Chat(config.address)
    times = [_reply(chat, lines[n % len(lines)]) for n in range(TURNS)]
    first, last = statistics.median(times[:WINDOW]), statistics.median(times[-WINDOW:])
    say(f"{TURNS} turns in one conversation: first ten {first:.0f} ms, last ten {last:.0f} ms, ratio {last / first:.2f}")
