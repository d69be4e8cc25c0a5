"""Help in writing: the list for the script, the page without it, what is put into a draft, and what is suggested."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.directory.seed import import_directory
from bot.faq.entries import import_entries
from bot.faq.presentation import answer_text
from bot.handoff import canned, cases, drafts
from bot.language.forms import FORMS
from bot.settings import ROOT, Settings
from bot.tables import Canned, Case, Conversation, EntryRow, InboundRow, OutboundRow, Staff, Team
from bot.texts import Texts
from bot.understanding.corpus import seed_entries
from tests.console.conftest import Browser

DATA = ROOT / "data"
NASTY = "</textarea><script>alert(\"1\")</script> 'x' & <b>"
RENEWAL = next(entry for entry in seed_entries(DATA) if entry["id"] == "residence_renewal")
SCRIPT = {"X-Console": "1"}


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=DATA)


@pytest.fixture
def content(db: Database) -> None:
    with db.begin() as session:
        import_entries(session, [RENEWAL])
        import_directory(session, DATA)
        canned.import_seeds(session, DATA)


@pytest.fixture
def mine(amina: Browser, ask: Callable[..., int], content: None) -> int:
    """A case that Amina took, of somebody who writes Darija in Latin letters."""
    number = ask("salam", "ary-Latn")
    amina.post(f"/cases/{number}/take")
    return number


def inserts(page: str) -> list[str]:
    """The texts that the script would insert."""
    return [html.unescape(text) for text in re.findall(r'data-insert="([^"]*)"', page)]


def help_of(browser: Browser, number: int, query: str = "") -> str:
    answer = browser.get(f"/cases/{number}/help", params={"q": query}, headers=SCRIPT)
    assert answer.status_code == 200 and "<html" not in answer.text
    return answer.text


def draft(db: Database, number: int, name: str = "Amina") -> str:
    with db.begin() as session:
        person = session.scalars(select(Staff).filter_by(name=name)).one()
        return drafts.of(session, person, cases.get(session, number))


def guess(db: Database, number: int, *entries: str) -> None:
    with db.begin() as session:
        conversation = cases.get(session, number).conversation_id
        session.execute(update(InboundRow).filter_by(conversation_id=conversation).values(guesses=list(entries)))


def test_the_list_is_in_the_form_of_the_person(amina: Browser, mine: int, texts: Texts) -> None:
    page = help_of(amina, mine, "renouveler carte")
    assert inserts(page)[0] == answer_text(RENEWAL, "ary-Latn", texts, DATA)
    assert RENEWAL["titles"]["ary-Latn"] in html.unescape(page) and 'lang="ary-Latn" dir="ltr"' in page and "FAQ" in page


def test_ready_answers_are_filled_in(amina: Browser, mine: int) -> None:
    assert any(text.startswith("Salam, ana Amina") for text in inserts(help_of(amina, mine, "bonjour")))
    assert not any("{" in text for text in inserts(help_of(amina, mine)))


def test_a_missing_form_is_marked_and_the_nearest_one_is_offered(amina: Browser, mine: int, db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Canned).values(bodies={"ar": "مرحبا"}))
    page = help_of(amina, mine, "bonjour")
    assert "N’existe pas dans cette forme" in page and "Arabe" in page and 'lang="ar" dir="rtl"' in page


def test_nothing_found_is_said(amina: Browser, mine: int) -> None:
    page = help_of(amina, mine, "xyzxyz")
    assert inserts(page) == [] and "Rien trouvé" in page


@pytest.mark.parametrize("headers", [SCRIPT, {}])
def test_what_is_inserted_is_never_markup(amina: Browser, mine: int, db: Database, headers: dict[str, str]) -> None:
    with db.begin() as session:
        session.execute(update(Canned).values(bodies={"ary-Latn": NASTY}))
        session.execute(update(Canned).where(Canned.name == "Bonjour").values(name=NASTY))
        row, said = session.get_one(EntryRow, "residence_renewal"), dict.fromkeys(FORMS, NASTY)
        row.body = {**row.body, "answers": said, "titles": said}
    guess(db, mine, "residence_renewal")
    for page in (amina.get(f"/cases/{mine}/help?q=", headers=headers).text, amina.get(f"/cases/{mine}").text):
        assert "alert(&#34;1&#34;)" in page and "<script>alert" not in page and "<b>" not in page
    assert NASTY in inserts(help_of(amina, mine))


def test_only_who_may_see_the_case_gets_the_list(amina: Browser, editor: Browser, mine: int, db: Database) -> None:
    with db.begin() as session:
        session.add(other := Team(name="Inezgane"))
        session.flush()
        session.execute(update(Case).values(team_id=other.id))
    assert amina.get(f"/cases/{mine}/help", headers=SCRIPT).status_code == 404
    assert amina.post(f"/cases/{mine}/help", item="faq:residence_renewal").status_code == 404
    assert editor.get(f"/cases/{mine}/help").status_code == 403


def test_without_the_script_what_was_typed_goes_to_the_draft_and_the_page_opens(amina: Browser, mine: int, db: Database) -> None:
    answer = amina.post(f"/cases/{mine}/help", text="Salam,", after="0")
    assert str(answer.url).endswith(f"/cases/{mine}/help") and draft(db, mine) == "Salam,"
    assert 'value="faq:' not in answer.text and 'value="canned:' in answer.text


def test_without_the_script_a_chosen_text_is_put_behind_the_draft(amina: Browser, mine: int, db: Database, texts: Texts) -> None:
    amina.post(f"/cases/{mine}/help", text="Salam,", after="0")
    page = amina.get(f"/cases/{mine}/help?q=renouveler").text
    after = re.search(r'name="after" value="(\d+)"', page)
    assert 'value="faq:residence_renewal"' in page and after
    answer = amina.post(f"/cases/{mine}/help", item="faq:residence_renewal", after=after.group(1))
    whole = f"Salam,\n{answer_text(RENEWAL, 'ary-Latn', texts, DATA)}"
    assert answer.history[0].headers["location"].endswith(f"/cases/{mine}#text") and draft(db, mine) == whole
    assert html.escape(whole.splitlines()[-1]) in answer.text.split('<textarea id="text"')[1]


def test_a_suggestion_is_put_behind_what_is_typed(amina: Browser, mine: int, db: Database) -> None:
    amina.post(f"/cases/{mine}/help", item="faq:residence_renewal", text="Salam", after="0")
    assert draft(db, mine).startswith("Salam\n") and len(draft(db, mine)) > 100


def test_what_is_gone_is_said_and_what_was_typed_stays(amina: Browser, mine: int) -> None:
    answer = amina.post(f"/cases/{mine}/help", item="faq:nothing", text="Salam, lah", after="0")
    assert answer.status_code == 422 and "Cela n’existe plus" in answer.text and "Salam, lah</textarea>" in answer.text


def test_what_is_too_long_is_said_and_what_was_typed_stays(amina: Browser, mine: int) -> None:
    answer = amina.post(f"/cases/{mine}/help", item="faq:residence_renewal", text="a" * 3900, after="0")
    assert answer.status_code == 422 and "trop long" in answer.text and f"{'a' * 3900}</textarea>" in answer.text


def test_what_was_sent_meanwhile_does_not_come_back_as_a_draft(amina: Browser, mine: int, db: Database) -> None:
    amina.post(f"/cases/{mine}/reply", text="Salam", after="0")
    assert amina.post(f"/cases/{mine}/help", text="Salam", after="0").status_code == 409
    assert draft(db, mine) == ""


def test_inserting_sends_nothing(amina: Browser, mine: int, db: Database) -> None:
    amina.post(f"/cases/{mine}/help", item="faq:residence_renewal", text="Salam", after="0")
    with db.begin() as session:
        assert session.scalars(select(OutboundRow).filter_by(actor="person")).all() == []


def test_a_form_from_elsewhere_changes_nothing(amina: Browser, mine: int, db: Database) -> None:
    assert amina.post(f"/cases/{mine}/help", csrf="x", text="Salam").status_code == 403 and draft(db, mine) == ""


def test_what_fits_the_last_message_is_offered_to_who_answers(amina: Browser, brahim: Browser, mine: int, db: Database) -> None:
    assert "suggested-1" not in amina.get(f"/cases/{mine}").text
    guess(db, mine, "residence_renewal")
    for path in (f"/cases/{mine}", f"/cases/{mine}/thread"):
        page = amina.get(path).text
        assert 'id="suggested" data-part' in page and "Proposé" in page and 'value="faq:residence_renewal"' in page
        assert page.index('id="suggested"') > page.index('id="log"')
    page = brahim.get(f"/cases/{mine}").text
    assert 'id="suggested" data-part' in page and "suggested-1" not in page


def test_the_text_field_offers_help_and_the_list_is_there(amina: Browser, mine: int) -> None:
    page = amina.get(f"/cases/{mine}").text
    assert f'formaction="/console/cases/{mine}/help"' in page and 'role="combobox"' in page and "help.js?v=" in page


def test_a_form_that_is_not_known_is_answered_in_the_one_of_the_case(amina: Browser, mine: int, db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Conversation).values(form=""))
        session.execute(update(Case).values(form="en"))
    assert any(text.startswith("Hello, I am Amina") for text in inserts(help_of(amina, mine, "bonjour")))
