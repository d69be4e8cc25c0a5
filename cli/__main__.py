"""`dalil VERB`. Each verb is one function; `dalil` alone lists them."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.db import Database
from bot.errors import DalilError
from bot.log import configure as configure_log
from bot.settings import Settings, settings

if TYPE_CHECKING:
    from channels.setup import Finding

Verb = Callable[[argparse.Namespace], int]


def say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def database(config: Settings, guest: bool = True) -> Iterator[str]:
    """The address of the database: the one that is set, or the embedded server for as long as the block lasts."""
    from cli.postgres import Embedded, check

    if config.database_url:
        check(config.database_url)
        yield config.database_url
        return
    with Embedded(config.var_dir / "postgres", guest) as url:
        yield url


@contextmanager
def opened(config: Settings) -> Iterator[Database]:
    with database(config) as url, closing(Database.of(config.model_copy(update={"database_url": url}))) as db:
        yield db


def run(arguments: argparse.Namespace) -> int:
    """start everything, until Ctrl-C"""
    from channels.setup import sync
    from cli.prepare import check_machine, fill_database, train
    from cli.processes import Stack

    config = settings()
    if arguments.fake_providers:
        from cli import stand_ins

        config = stand_ins.pretend(config)
    beside = [stand_ins.program(config)] if arguments.fake_providers else []
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _interrupt)
    check_machine(config, (config.port, config.rasa_port, config.actions_port))
    try:
        with database(config, guest=False) as url:
            password = fill_database(config, url, say)
            train(config, say)
            with Stack(config, url, say, beside) as stack:
                stack.wait()
                _addresses(config, password)
                if arguments.fake_providers:
                    _tell_channels(sync, config.model_copy(update={"database_url": url}))
                    say(stand_ins.addresses())
                threading.Event().wait()
    except KeyboardInterrupt:
        say("stopped; nothing is lost")
    return 0


def _interrupt(signum: int, _: object) -> None:
    """Once: a second Ctrl-C must not break the orderly stop."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _addresses(config: Settings, password: str | None) -> None:
    say(f"\n  Web chat       {config.address}/\n  Staff console  {config.address}/console/\n  API            {config.address}/docs\n")
    if password:
        say(f"  First sign-in  {config.first_staff_email}  {password}\n  Write it down: it is shown only once.\n")
    say("  Ctrl-C stops everything.\n")


def prepare(_: argparse.Namespace) -> int:
    """make the key file"""
    from bot.privacy.vault import make_key

    make_key(settings().key_path)
    say("ready: `make run` starts everything")
    return 0


def train_model(_: argparse.Namespace) -> int:
    """train the Rasa model if its inputs changed"""
    from cli.prepare import train

    train(settings(), say)
    return 0


def learn(_: argparse.Namespace) -> int:
    """learn all answers anew (started by the sender once content is quiet)"""
    from bot.faq.entries import all_known
    from bot.understanding.index import index_for

    with closing(Database.of(settings())) as db, db.begin() as session:
        known = all_known(session)
    index_for(known, settings(), say)
    return 0


def sender(_: argparse.Namespace) -> int:
    """the sending process (started by `run`)"""
    from channels.registry import sender_of

    configure_log()
    process = sender_of(Database.of(settings()), settings())
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: process.stopping.set())
    process.run()
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """understand the messages of a file and print the figures"""
    from cli.evaluation.run import Wanted
    from cli.evaluation.run import evaluate as measure

    return measure(Wanted(arguments.files, arguments.out, arguments.report, arguments.compare), settings(), say)


def forms(arguments: argparse.Namespace) -> int:
    """learn the table of the written form from a folder of public corpora"""
    from cli.form_table import learn

    say(str(learn(arguments.folder, settings())))
    return 0


def import_osm(arguments: argparse.Namespace) -> int:
    """import health facilities from an OpenStreetMap extract (CSV)"""
    from bot.directory.osm import import_osm as import_file

    config = settings()
    with opened(config) as db, db.begin() as session:
        say(str(import_file(session, arguments.file)))
    return 0


def export_directory(arguments: argparse.Namespace) -> int:
    """write the directory as HSDS (.json, or a tabular data package .zip): all that is known, or with --lang for partners"""
    from cli.directory_files import export

    config = settings()
    with opened(config) as db:
        say(export(db, config, arguments.file, arguments.lang))
    return 0


def import_directory(arguments: argparse.Namespace) -> int:
    """say what an HSDS file would change, row by row; with --apply change it, all or nothing"""
    from cli.directory_files import Import, take_in

    config = settings()
    wanted = Import(arguments.file, arguments.lang, arguments.apply, arguments.others)
    with opened(config) as db:
        return take_in(db, config, wanted, say)


def print_content(arguments: argparse.Namespace) -> int:
    """write two pages to print: all answers with their facts for a lawyer, and a call list"""
    from cli.content import print_pages

    for page in print_pages(arguments.folder, settings()):
        say(str(page))
    return 0


def check_content(_: argparse.Namespace) -> int:
    """say what breaks a rule and what must be read or called again"""
    from cli.content import report

    return report(settings(), say)


def export_content(arguments: argparse.Namespace) -> int:
    """write the answers into a folder of YAML files (git), a workbook (.xlsx), tables (.zip) or one file (.yml)"""
    from bot.exchange.leaving import Wanted
    from cli.content_files import export

    config = settings()
    with opened(config) as db:
        say(export(db, config, arguments.path, Wanted(arguments.topic, arguments.lacks, arguments.live)))
    return 0


def import_content(arguments: argparse.Namespace) -> int:
    """say what such a file or folder would change, row by row; with --apply make drafts of it"""
    from cli.content_files import Import, take_in

    config = settings()
    wanted = Import(arguments.path, arguments.by or config.first_staff_email, arguments.apply, arguments.others)
    with opened(config) as db:
        return take_in(db, config, wanted, say)


def doctor(_: argparse.Namespace) -> int:
    """say what this installation lacks, and which emergency numbers nobody has called yet"""
    from cli.doctor import findings

    found = list(findings(settings()))
    for line in found or ["all is well"]:
        say(line)
    return 1 if found else 0


def demo(_: argparse.Namespace) -> int:
    """start everything, play one conversation a form and a hand-over, print them, stop"""
    from cli.demo import play

    return play(settings(), say)


def bench(_: argparse.Namespace) -> int:
    """time of a first reply, and of a turn in a long conversation"""
    from cli.bench import play

    return play(settings(), say)


def bench_nlu(arguments: argparse.Namespace) -> int:
    """measure our understanding against the stock Rasa pipeline, and how it grows"""
    from cli.bench_nlu import compare, grow

    compare(settings(), arguments.share, say)
    grow(settings(), say)
    return 0


def channels_check(_: argparse.Namespace) -> int:
    """ask Telegram and Twilio what they know of us, and say what to fix"""
    from channels.setup import check

    return _tell_channels(check, settings())


def channels_sync(_: argparse.Namespace) -> int:
    """tell Telegram and Twilio: webhook, commands, templates"""
    from channels.setup import sync

    return _tell_channels(sync, settings())


def _tell_channels(verb: "Callable[[Database, Settings], Iterator[Finding]]", config: Settings) -> int:
    """1 when there is something to fix."""
    with opened(config) as db:
        found = list(verb(db, config))
    for finding in found:
        say(str(finding))
    return 1 if any(finding.fix for finding in found) else 0


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="dalil", description="Dalil: orientation for migrants in Agadir and Souss-Massa")
    verbs = root.add_subparsers(required=True, metavar="VERB")
    simple = {"prepare": prepare, "train": train_model, "sender": sender, "learn": learn, "demo": demo, "bench": bench, "doctor": doctor}
    for name, verb in simple.items():
        verbs.add_parser(name, help=verb.__doc__).set_defaults(verb=verb)
    start = verbs.add_parser("run", help=run.__doc__)
    start.add_argument("--fake-providers", action="store_true", help="with stand-ins for Telegram, Twilio and a mail server")
    start.set_defaults(verb=run)
    channels = verbs.add_parser("channels", help="Telegram and WhatsApp").add_subparsers(required=True, metavar="VERB")
    channels.add_parser("check", help=channels_check.__doc__).set_defaults(verb=channels_check)
    channels.add_parser("sync", help=channels_sync.__doc__).set_defaults(verb=channels_sync)
    scores = verbs.add_parser("evaluate", help=evaluate.__doc__)
    scores.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    scores.add_argument("--out", type=Path, metavar="PREDICTIONS.jsonl")
    scores.add_argument("--report", type=Path, metavar="FOLDER", help="also measure noise and write evaluation.html and evaluation.json")
    scores.add_argument("--compare", type=Path, metavar="EVALUATION.json", help="fail when a form lost more than three points")
    scores.set_defaults(verb=evaluate)
    against = verbs.add_parser("bench-nlu", help=bench_nlu.__doc__)
    against.add_argument("--share", type=float, default=0.1, help="share of the training sentences, 0-1 (about an hour for a quarter)")
    against.set_defaults(verb=bench_nlu)
    table = verbs.add_parser("forms", help=forms.__doc__)
    table.add_argument("folder", type=Path)
    table.set_defaults(verb=forms)
    directory = verbs.add_parser("directory", help="the service directory").add_subparsers(required=True, metavar="VERB")
    osm = directory.add_parser("import-osm", help=import_osm.__doc__)
    osm.add_argument("file", type=Path)
    osm.set_defaults(verb=import_osm)
    _directory_files(directory)
    content = verbs.add_parser("content", help="the answers").add_subparsers(required=True, metavar="VERB")
    pages = content.add_parser("print", help=print_content.__doc__)
    pages.add_argument("folder", type=Path)
    pages.set_defaults(verb=print_content)
    content.add_parser("check", help=check_content.__doc__).set_defaults(verb=check_content)
    _content_files(content)
    return root


def _directory_files(directory: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    leaving = directory.add_parser("export", help=export_directory.__doc__)
    leaving.add_argument("file", type=Path, metavar="FILE.json|FILE.zip")
    leaving.add_argument("--lang", choices=("fr", "en", "ar"), help="for partners, in this language")
    leaving.set_defaults(verb=export_directory)
    coming = directory.add_parser("import", help=import_directory.__doc__)
    coming.add_argument("file", type=Path)
    coming.add_argument("--lang", choices=("fr", "en", "ar"), default="fr", help="the language of its texts (fr)")
    coming.add_argument("--apply", action="store_true", help="change the directory, all or nothing")
    coming.add_argument("--others", action="store_true", help="with --apply: also when some rows are refused")
    coming.set_defaults(verb=import_directory)


def _content_files(content: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    leaving = content.add_parser("export", help=export_content.__doc__)
    leaving.add_argument("path", type=Path, metavar="FOLDER|FILE")
    leaving.add_argument("--topic", default="", help="only the answers of one topic")
    leaving.add_argument("--lacks", default="", metavar="FORM", help="only those that are not written in this form, or in `any`")
    leaving.add_argument("--live", action="store_true", help="as people read them, without drafts")
    leaving.set_defaults(verb=export_content)
    coming = content.add_parser("import", help=import_content.__doc__)
    coming.add_argument("path", type=Path, metavar="FOLDER|FILE")
    coming.add_argument("--apply", action="store_true", help="make drafts, all or none")
    coming.add_argument("--others", action="store_true", help="with --apply: also when some entries are refused")
    coming.add_argument("--by", default="", metavar="E-MAIL", help="whose drafts they become (the first member of staff)")
    coming.set_defaults(verb=import_content)


def main() -> int:
    arguments = parser().parse_args()
    try:
        verb: Verb = arguments.verb
        return verb(arguments)
    except DalilError as error:
        print(f"dalil: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
