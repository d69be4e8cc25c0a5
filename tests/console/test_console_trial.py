"""Try before publish: what would break is shown, what passes is live, a question asked beside it is answered as the bot would."""

import html
import json
import threading
from typing import Any, cast

import pytest
from sqlalchemy import Text, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict
from bot.faq import content_settings, entries, trial, workflow
from bot.faq.trial import Trial
from bot.faq.workflow import Change
from bot.settings import ROOT, Settings
from bot.tables import AuditRow, EntryRow, Staff
from bot.understanding import ready
from bot.understanding.corpus import seed_entries
from bot.understanding.index import Index
from console import trials
from console.language import read
from console.trials import Wish
from tests.console.conftest import Browser, Enter, signed_in
from tests.content import publish
from tests.story import AtOnce, hire, result, until, waiting_for_a_lock

pytestmark = pytest.mark.model
SEEDS = seed_entries(ROOT / "data")
SEEDS_BY_ID = {str(seed["id"]): json.loads(json.dumps(seed, default=str)) for seed in SEEDS}
ENTRY = "/content/entry/school_enrol"
FR = read("fr")


@pytest.fixture
def settings() -> Settings:
    """With the real content."""
    return Settings()


@pytest.fixture
def person(db: Database, index: Index) -> Staff:
    """An editor of the starting content, which the bot has learned."""
    with db.begin() as session:
        entries.import_entries(session, SEEDS)
    return hire(db, "Nadia", "editor")


def draft(db: Database, person: Staff, **changed: Any) -> int:
    """Saves a new head of the entry; its number."""
    with db.begin() as session:
        head = workflow.head(session, "school_enrol")
        return workflow.save(session, person, "school_enrol", Change({**head.body, **changed}, "minor", head.number)).number


def ended(editor: Browser, seen: int) -> str:
    """The page once the trial is over."""
    path = f"{ENTRY}/trial?seen={seen}"
    until(lambda: "<progress" not in editor.get(path).text, 120)
    return editor.get(path).text


def answer_in(db: Database) -> str:
    with db.begin() as session:
        return str((entries.published(session, "school_enrol") or {})["answers"]["fr"])


def test_a_draft_that_passes_is_live_and_says_so(db: Database, person: Staff, editor: Browser) -> None:
    seen = draft(db, person, answers={**SEEDS_BY_ID["school_enrol"]["answers"], "fr": "Oui, c'est gratuit. Allez à l'école du quartier."})
    answer = editor.post(f"{ENTRY}/publish", seen=str(seen))
    assert answer.status_code == 200 and "trial" in str(answer.url)
    assert 'id="done"' in ended(editor, seen)
    assert answer_in(db) == "Oui, c'est gratuit. Allez à l'école du quartier."


def test_a_broken_golden_question_prevents_it_and_is_named(db: Database, person: Staff, editor: Browser) -> None:
    before = answer_in(db)
    seen = draft(db, person, golden={"fr": ["je cherche un avocat <b>gratuit</b>"]})
    editor.post(f"{ENTRY}/publish", seen=str(seen))
    page = ended(editor, seen)
    assert "je cherche un avocat &lt;b&gt;gratuit&lt;/b&gt;" in page and 'id="do-publish"' not in page
    assert answer_in(db) == before


def test_a_trial_alone_publishes_nothing_and_offers_it(db: Database, person: Staff, editor: Browser) -> None:
    before, seen = answer_in(db), draft(db, person, answers={**SEEDS_BY_ID["school_enrol"]["answers"], "fr": "Oui, 4321 dh."})
    editor.post(f"{ENTRY}/try", seen=str(seen))
    page = ended(editor, seen)
    assert 'id="do-publish"' in page and answer_in(db) == before
    assert FR.text("rule.amount_unknown") in page and "4321" in page, "who publishes is shown what is doubtful"


def test_the_draft_answers_in_the_side_chat_only(db: Database, person: Staff, editor: Browser) -> None:
    seen = draft(db, person, answers={**SEEDS_BY_ID["school_enrol"]["answers"], "en": "Yes, at the school <i>near you</i>."})
    editor.post(f"{ENTRY}/try", seen=str(seen))
    ended(editor, seen)
    page = editor.get(f"{ENTRY}/trial?seen={seen}&q=how+do+I+register+my+son+at+school").text
    assert "Yes, at the school &lt;i&gt;near you&lt;/i&gt;." in page
    other = editor.get(f"{ENTRY}/trial?seen={seen}&q=where+can+I+find+a+lawyer").text
    assert "Yes, at the school" not in other and 'id="understood"' in other
    third = editor.get(f"{ENTRY}/trial?seen={seen}&q=where+can+I+buy+a+SIM+card+for+my+phone").text
    said = third[third.index('id="understood"') :]
    assert html.escape(SEEDS_BY_ID["sim_card"]["titles"]["fr"]) in said and ">sim_card</bdi>" in said, "titles, and ids beside them"


def test_what_cannot_be_published_anyway_is_not_tried(db: Database, person: Staff, editor: Browser) -> None:
    seen = draft(db, person, facts=[])
    assert editor.post(f"{ENTRY}/publish", seen=str(seen)).status_code == 422
    assert "<progress" not in editor.get(f"{ENTRY}/trial?seen={seen}").text
    draft(db, person)
    assert editor.post(f"{ENTRY}/publish", seen=str(seen)).status_code == 409


def test_nothing_is_tried_while_the_bot_must_learn_all_anew(
    db: Database, person: Staff, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "at_hand", lambda *args: None)
    seen = draft(db, person, golden={})
    editor.post(f"{ENTRY}/try", seen=str(seen))
    until(lambda: editor.get(f"{ENTRY}/trial?seen={seen}").status_code == 422, 60)
    assert FR.text("trial.learning") in editor.get(f"{ENTRY}/trial?seen={seen}").text


def test_who_saved_while_it_was_tried_is_not_overwritten(
    db: Database, person: Staff, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, go_on = threading.Event(), threading.Event()
    real = trial.run

    def slow(*args: Any) -> Any:
        running.set()
        assert go_on.wait(60)
        return real(*args)

    monkeypatch.setattr(trial, "run", slow)
    seen = draft(db, person, golden={})
    editor.post(f"{ENTRY}/publish", seen=str(seen))
    assert running.wait(60)
    assert "<progress" in editor.get(f"{ENTRY}/trial?seen={seen}").text
    draft(db, person)
    go_on.set()
    until(lambda: editor.get(f"{ENTRY}/trial?seen={seen}").status_code == 409, 60)
    with db.begin() as session:
        assert entries.published(session, "school_enrol") and workflow.head(session, "school_enrol").number == seen + 1


def test_what_others_publish_meanwhile_is_tried_with_it(
    db: Database, person: Staff, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    real = trial.run

    def meanwhile(*args: Any) -> Any:
        tried.append(len(args[1]))
        if len(tried) == 1:
            with db.begin() as session:
                publish(session, "other", {**SEEDS_BY_ID["lost_passport"], "id": "other", "questions": {}})
        return real(*args)

    monkeypatch.setattr(trial, "run", meanwhile)
    seen = draft(db, person, golden={})
    editor.post(f"{ENTRY}/publish", seen=str(seen))
    ended(editor, seen)
    assert tried == [len(SEEDS), len(SEEDS) + 1]


# --- What happens while it is tried


class Slow:
    """A trial that passes when it is told to go on; what is really tried does not matter here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.running, self._go_on = threading.Event(), threading.Event()
        monkeypatch.setattr(trial, "run", self._run)
        monkeypatch.setattr(ready, "at_hand", lambda *args: cast(Index, "the present one"))

    def _run(self, *args: Any) -> Trial:
        self.running.set()
        assert self._go_on.wait(60)
        return Trial(cast(Index, None), 0)

    def begin(self, browser: Browser, step: str, seen: int) -> None:
        browser.post(f"{ENTRY}/{step}", seen=str(seen))
        assert self.running.wait(60)

    def end(self, browser: Browser, seen: int) -> int:
        """The status of the page once the trial is over."""
        self._go_on.set()
        path = f"{ENTRY}/trial?seen={seen}"
        until(lambda: "<progress" not in browser.get(path).text, 60)
        return browser.get(path).status_code


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(monkeypatch)


def row(db: Database) -> EntryRow:
    with db.begin() as session:
        return session.get_one(EntryRow, "school_enrol")


def publishers(db: Database) -> list[str]:
    """By the audit trail."""
    with db.begin() as session:
        query = select(Staff.name).join(AuditRow, AuditRow.actor == func.cast(Staff.id, Text))
        return list(session.scalars(query.where(AuditRow.action == "entry.published").order_by(AuditRow.id)))


def test_what_is_archived_while_it_is_tried_stays_archived(db: Database, person: Staff, editor: Browser, enter: Enter, slow: Slow) -> None:
    seen = draft(db, person, golden={})
    slow.begin(editor, "publish", seen)
    assert enter("Omar", "editor").post(f"{ENTRY}/archive", seen=str(seen)).status_code == 200
    assert slow.end(editor, seen) == 409 and row(db).state == "archived"


def test_what_is_sent_back_while_it_is_tried_is_not_published(
    db: Database, person: Staff, editor: Browser, enter: Enter, slow: Slow
) -> None:
    omar, seen = enter("Omar", "editor"), draft(db, person, golden={})
    omar.post(f"{ENTRY}/submit", seen=str(seen))
    slow.begin(editor, "publish", seen)
    omar.post(f"{ENTRY}/send-back", seen=str(seen), text="Faux : le délai est de 15 jours.")
    assert slow.end(editor, seen) == 409 and (row(db).live, row(db).stage) == (1, "draft")


@pytest.mark.parametrize("change", ["active = false", "role = 'caseworker'"])
def test_who_may_no_longer_publish_when_it_is_tried_does_not(
    db: Database, person: Staff, editor: Browser, enter: Enter, slow: Slow, change: str
) -> None:
    omar, seen = enter("Omar", "editor"), draft(db, person, golden={})
    slow.begin(editor, "publish", seen)
    with db.begin() as session:
        session.execute(text(f"UPDATE staff SET {change} WHERE name = 'Zineb'"))
    assert slow.end(omar, seen) == 422 and row(db).live == 1


def test_who_presses_publish_while_somebody_tries_is_the_publisher(db: Database, person: Staff, editor: Browser, slow: Slow) -> None:
    with db.begin() as session:
        content_settings.put(session, person, "four_eyes", True)
    nadia, seen = signed_in(editor.client.app, person.email), draft(db, person, golden={})  # type: ignore[arg-type]
    slow.begin(nadia, "try", seen)
    editor.post(f"{ENTRY}/publish", seen=str(seen))
    assert slow.end(editor, seen) == 200 and row(db).live == seen and publishers(db) == ["Zineb"]


def test_a_publish_that_comes_when_the_trial_just_ended_is_not_lost(
    db: Database, person: Staff, settings: Settings, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the first one was refused, before the job is over."""
    seen = draft(db, person, golden={})
    desk, wish = trials.Trials(db, settings), Wish(person.id, "published draft")
    real = desk._publish

    def then_another(job: trials.Job, first: Wish) -> None:
        real(job, first)
        if first != wish:
            desk.start(job.key, wish)

    monkeypatch.setattr(desk, "_publish", then_another)
    job = desk.start(("school_enrol", seen), Wish(person.id, "archived draft"))
    slow._go_on.set()
    assert job.ended.wait(60) and job.published and job.problem is None and row(db).live == seen


def test_a_trial_and_an_archive_at_once_wait_for_each_other(
    db: Database, person: Staff, settings: Settings, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is locked first, then the version, by everybody."""
    seen = draft(db, person, golden={})
    desk, locked, go_on = trials.Trials(db, settings), threading.Event(), threading.Event()
    real = entries.bump

    def bump(session: Session) -> None:
        locked.set()
        assert go_on.wait(60)
        real(session)

    def archive() -> None:
        with db.begin() as session:
            workflow.archive(session, person, "school_enrol", seen)

    monkeypatch.setattr(entries, "bump", bump)
    with AtOnce() as both:
        archived = both.start(archive)
        assert locked.wait(60)
        job = desk.start(("school_enrol", seen), Wish(person.id, "published draft"))
        slow._go_on.set()
        until(lambda: waiting_for_a_lock(db) == 1)
        go_on.set()
        result(archived)
    assert job.ended.wait(60) and isinstance(job.problem, Conflict) and row(db).state == "archived"


def test_when_the_database_fails_it_is_not_said_to_have_passed(
    db: Database, person: Staff, editor: Browser, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = draft(db, person, golden={})
    slow.begin(editor, "publish", seen)

    def gone(*args: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("deadlock detected"))

    monkeypatch.setattr(workflow, "publish", gone)
    slow.end(editor, seen)
    assert 'role="alert"' in editor.get(f"{ENTRY}/trial?seen={seen}").text


def test_only_the_newest_trials_are_kept(db: Database, person: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = trials.Trials(db, settings)
    monkeypatch.setattr(desk, "_try", lambda job: True)
    for seen in range(1, 6):
        assert desk.start(("school_enrol", seen)).ended.wait(10)
    assert [desk.find(("school_enrol", seen)) is None for seen in range(1, 6)] == [True, True, False, False, False]


def test_not_more_are_kept_when_many_waited(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, go_on = trials.Trials(db, settings), threading.Event()
    monkeypatch.setattr(desk, "_try", lambda job: go_on.wait(60))
    for seen in range(1, 11):
        desk.start(("school_enrol", seen))
    go_on.set()
    until(lambda: [desk.find(("school_enrol", seen)) is None for seen in range(1, 11)] == [True] * 7 + [False] * 3)


def test_one_that_is_tried_again_is_the_newest(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = trials.Trials(db, settings)
    monkeypatch.setattr(desk, "_try", lambda job: True)
    for seen in (1, 2, 3, 1, 4):
        assert desk.start(("school_enrol", seen)).ended.wait(10)
    assert desk.find(("school_enrol", 1)) and not desk.find(("school_enrol", 2))
