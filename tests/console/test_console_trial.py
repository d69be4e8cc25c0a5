"""Try before publish: what would break is shown, what passes is live, a question asked beside it is answered as the bot would."""

import json
import threading
from typing import Any

import pytest

from bot.db import Database
from bot.faq import entries, trial, workflow
from bot.faq.workflow import Change
from bot.settings import ROOT, Settings
from bot.tables import Staff
from bot.understanding.corpus import seed_entries
from console import trials
from tests.console.conftest import Browser
from tests.content import publish
from tests.story import hire, until

pytestmark = pytest.mark.model
SEEDS = seed_entries(ROOT / "data")
SEEDS_BY_ID = {str(seed["id"]): json.loads(json.dumps(seed, default=str)) for seed in SEEDS}
ENTRY = "/content/entry/school_enrol"


@pytest.fixture
def settings() -> Settings:
    """With the real content."""
    return Settings()


@pytest.fixture
def person(db: Database) -> Staff:
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
    before, seen = answer_in(db), draft(db, person, answers={**SEEDS_BY_ID["school_enrol"]["answers"], "fr": "Oui."})
    editor.post(f"{ENTRY}/try", seen=str(seen))
    assert 'id="do-publish"' in ended(editor, seen) and answer_in(db) == before


def test_the_draft_answers_in_the_side_chat_only(db: Database, person: Staff, editor: Browser) -> None:
    seen = draft(db, person, answers={**SEEDS_BY_ID["school_enrol"]["answers"], "en": "Yes, at the school <i>near you</i>."})
    editor.post(f"{ENTRY}/try", seen=str(seen))
    ended(editor, seen)
    page = editor.get(f"{ENTRY}/trial?seen={seen}&q=how+do+I+register+my+son+at+school").text
    assert "Yes, at the school &lt;i&gt;near you&lt;/i&gt;." in page
    other = editor.get(f"{ENTRY}/trial?seen={seen}&q=where+can+I+find+a+lawyer").text
    assert "Yes, at the school" not in other and 'id="understood"' in other


def test_what_cannot_be_published_anyway_is_not_tried(db: Database, person: Staff, editor: Browser) -> None:
    seen = draft(db, person, facts=[])
    assert editor.post(f"{ENTRY}/publish", seen=str(seen)).status_code == 422
    assert "<progress" not in editor.get(f"{ENTRY}/trial?seen={seen}").text
    draft(db, person)
    assert editor.post(f"{ENTRY}/publish", seen=str(seen)).status_code == 409


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


def test_only_the_newest_trials_are_kept(db: Database, person: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = trials.Trials(db, settings)
    monkeypatch.setattr(desk, "_try", lambda job: True)
    for seen in range(1, 6):
        assert desk.start(person, ("school_enrol", seen), False).ended.wait(10)
    assert [desk.find(("school_enrol", seen)) is None for seen in range(1, 6)] == [True, True, False, False, False]
