"""The page of ready answers: five forms, who may keep them, two editors at once, what was typed is never lost."""

import html
import re

import pytest
from sqlalchemy import select, update

from bot.db import Database
from bot.handoff import canned
from bot.language.forms import FORMS
from bot.settings import ROOT
from bot.tables import Canned, Team
from tests.console.conftest import Browser, Enter

NASTY = "</textarea><script>alert(\"1\")</script> 'x' & <b>"


@pytest.fixture
def boss(enter: Enter) -> Browser:
    return enter("Boss", "administrator")


def rows(db: Database) -> list[Canned]:
    with db.begin() as session:
        return list(session.scalars(select(Canned).order_by(Canned.id)))


def create(browser: Browser, name: str = "Accueil", team: str = "", **bodies: str) -> int:
    """The status of the answer; what was done leads to another page."""
    answer = browser.post("/canned/new", name=name, team=team, **(bodies or {"fr": "Bonjour {name}"}))
    return answer.history[0].status_code if answer.history else answer.status_code


def seen(browser: Browser, row_id: int) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', browser.get(f"/canned/{row_id}").text)
    assert found
    return html.unescape(found.group(1))


def test_the_form_has_the_five_forms_each_in_its_direction(boss: Browser) -> None:
    page = boss.get("/canned/new").text
    for form in FORMS:
        direction = "rtl" if form in ("ar", "ary-Arab") else "ltr"
        assert re.search(rf'<textarea id="text-{form}" name="{form}"[^>]* lang="{form}" dir="{direction}"', page)
    assert "{hours}" in page and "votre prénom" in page


def test_an_answer_is_made_shown_changed_and_deleted(boss: Browser, db: Database) -> None:
    assert create(boss, fr="Bonjour {name}\r\nligne", ar="مرحبا") == 303
    (row,) = rows(db)
    assert row.bodies == {"fr": "Bonjour {name}\nligne", "ar": "مرحبا"} and row.team_id is None
    page = boss.get("/canned").text
    assert "Accueil" in page and re.search(r"Manque : \S*Anglais", page) and 'lang="ar" dir="rtl">مرحبا' in page
    assert boss.post(f"/canned/{row.id}", name="Bienvenue", seen=seen(boss, row.id), en="Hello").history[0].status_code == 303
    (row,) = rows(db)
    assert (row.name, row.bodies) == ("Bienvenue", {"en": "Hello"})
    assert boss.post(f"/canned/{row.id}/delete", seen=seen(boss, row.id)).history[0].status_code == 303
    assert rows(db) == []


def test_answers_are_searched_in_all_forms(boss: Browser) -> None:
    create(boss, "Accueil", fr="Bonjour", ar="مرحبا")
    create(boss, "Merci", fr="Au revoir")
    page = boss.get("/canned", params={"q": "مرحبا"}).text
    assert "Accueil" in page and "Merci" not in page and 'value="مرحبا"' in page
    assert "Rien trouvé" in boss.get("/canned?q=xyz").text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "", "fr": "mes mots"}, "nom court"),
        ({"name": "A", "fr": "mes mots {nom}"}, "accolades"),
        ({"name": "A", "fr": "", "en": ""}, "une forme au moins"),
        ({"name": "Accueil", "fr": "mes mots"}, "déjà une réponse de ce nom"),
    ],
)
def test_a_refusal_is_said_and_what_was_typed_stays(boss: Browser, db: Database, given: dict[str, str], words: str) -> None:
    create(boss)
    answer = boss.post("/canned/new", **given)
    assert answer.status_code == 422 and words in answer.text and len(rows(db)) == 1
    assert f"\n{given['fr']}</textarea>" in answer.text and f'value="{given["name"]}"' in answer.text


def test_the_form_with_the_wrong_word_is_marked(boss: Browser) -> None:
    page = boss.post("/canned/new", name="A", fr="ok", en="{nom}").text
    assert re.search(r'<textarea id="text-en"[^>]*aria-invalid', page) and not re.search(r'<textarea id="text-fr"[^>]*aria-invalid', page)


def test_who_saves_second_sees_both_texts_and_chooses(boss: Browser, enter: Enter, db: Database) -> None:
    create(boss, fr="avant", en="before")
    (row,) = rows(db)
    old = seen(boss, row.id)
    boss.post(f"/canned/{row.id}", name="Accueil", seen=old, fr="de la première", en="before")
    answer = boss.post(f"/canned/{row.id}", name="Accueil", seen=old, fr="de la seconde", en="before")
    assert answer.status_code == 409 and "entre-temps" in answer.text and rows(db)[0].bodies["fr"] == "de la première"
    assert "\nde la seconde</textarea>" in answer.text and 'id="theirs-fr"' in answer.text and "de la première" in answer.text
    assert 'id="theirs-en"' not in answer.text and 'id="theirs-name"' not in answer.text
    found = re.search(r'name="seen" value="([^"]*)"', answer.text)
    assert found and html.unescape(found.group(1)) == canned.version(rows(db)[0])
    boss.post(f"/canned/{row.id}", name="Accueil", seen=html.unescape(found.group(1)), fr="de la seconde")
    assert rows(db)[0].bodies == {"fr": "de la seconde"}


def test_what_was_deleted_meanwhile_can_be_saved_as_a_new_answer(boss: Browser, db: Database) -> None:
    create(boss)
    (row,) = rows(db)
    old = seen(boss, row.id)
    boss.post(f"/canned/{row.id}/delete", seen=old)
    answer = boss.post(f"/canned/{row.id}", name="Accueil", seen=old, fr="mes mots")
    assert answer.status_code == 409 and 'action="/console/canned/new"' in answer.text and "mes mots</textarea>" in answer.text


def test_what_changed_meanwhile_is_not_deleted(boss: Browser, db: Database) -> None:
    create(boss)
    (row,) = rows(db)
    old = seen(boss, row.id)
    boss.post(f"/canned/{row.id}", name="Accueil", seen=old, fr="nouveau")
    answer = boss.post(f"/canned/{row.id}/delete", seen=old)
    assert answer.status_code == 409 and "nouveau</textarea>" in answer.text and len(rows(db)) == 1


def test_caseworkers_read_them_and_change_nothing(boss: Browser, amina: Browser, db: Database) -> None:
    create(boss)
    (row,) = rows(db)
    page = amina.get("/canned").text
    assert "Bonjour {name}" in page and f"/canned/{row.id}" not in page and "/canned/new" not in page
    for path in ("/canned/new", f"/canned/{row.id}"):
        assert amina.get(path).status_code == 403
    for path in ("/canned/new", f"/canned/{row.id}", f"/canned/{row.id}/delete"):
        assert amina.post(path, name="x", fr="x", seen=canned.version(row)).status_code == 403
    assert rows(db)[0].bodies == {"fr": "Bonjour {name}"}


def test_a_supervisor_keeps_those_of_the_own_team(boss: Browser, enter: Enter, db: Database) -> None:
    lead = enter("Lead", "supervisor")
    create(boss)
    with db.begin() as session:
        session.add(other := Team(name="Inezgane"))
        session.flush()
        session.add(Canned(name="Ailleurs", team_id=other.id, bodies={"fr": "ailleurs"}))
    ours, theirs = rows(db)
    assert create(lead, "Équipe", "1") == 303 and rows(db)[-1].team_id == 1
    page = lead.get("/canned").text
    assert "Ailleurs" not in page and "Accueil" in page and f'/canned/{ours.id}"' not in page
    assert lead.get(f"/canned/{ours.id}").status_code == 403 and lead.get(f"/canned/{theirs.id}").status_code == 404
    for team in ("", str(theirs.team_id)):
        assert create(lead, "Plus", team) == 422
    form = lead.get("/canned/new").text
    assert "Pour toutes les équipes" not in form and "Inezgane" not in form


def test_people_without_cases_do_not_see_them(editor: Browser) -> None:
    assert editor.get("/canned").status_code == 403


def test_a_form_from_elsewhere_changes_nothing(boss: Browser, db: Database) -> None:
    assert boss.post("/canned/new", csrf="x", name="A", fr="a").status_code == 403 and rows(db) == []


@pytest.mark.parametrize("team", ["999", "99999999999999999999", "x", "-1"])
def test_a_team_that_is_none_does_no_harm(boss: Browser, team: str) -> None:
    assert create(boss, team=team) in (303, 404, 422)


def test_what_is_kept_is_never_markup(boss: Browser, db: Database) -> None:
    create(boss, NASTY[:50], fr=NASTY)
    (row,) = rows(db)
    for path in ("/canned", f"/canned/{row.id}", "/canned?q=alert"):
        page = boss.get(path).text
        assert "<script>alert" not in page and "&lt;/textarea&gt;&lt;script&gt;alert(&#34;1&#34;)" in page and "<b>" not in page
    assert html.unescape(re.findall(r'<textarea id="text-fr"[^>]*>\n(.*)</textarea>', boss.get(f"/canned/{row.id}").text)[0]) == NASTY


def test_the_pages_follow_the_policy_in_all_languages(boss: Browser, db: Database) -> None:
    with db.begin() as session:
        canned.import_seeds(session, ROOT / "data")
        session.execute(update(Canned).values(changed_by=None))
    for code in ("fr", "ar", "en"):
        boss.get(f"/language/{code}")
        for path in ("/canned", "/canned/new", "/canned/1"):
            answer = boss.get(path)
            assert answer.status_code == 200 and not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=|https?://", answer.text)
            assert not re.search(r">\s*(?:canned|variable|help|menu)\.\w+", answer.text)
