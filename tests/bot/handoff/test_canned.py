"""Ready answers: kept by those who may, never overwritten without a word, filled in, and there in the five forms to begin with."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, NotFound, Refused
from bot.faq.forbidden import forbidden
from bot.faq.phones import phones
from bot.handoff import canned
from bot.handoff.canned import Change
from bot.language import forms
from bot.language.bidi import LRI, PDI
from bot.language.forms import FORMS, RTL, Form
from bot.language.normalize import arabic_share
from bot.staff import accounts
from bot.tables import AuditRow, Canned, Staff, Team
from bot.understanding.corpus import load_yaml
from tests.story import DATA, AtOnce, held, result, until, waiting_for_a_lock

SEEDS: list[dict[str, Any]] = load_yaml(DATA / "canned.yml")


def hired(session: Session, role: str, team: Team | None = None) -> Staff:
    person = accounts.create(session, f"{role}-{team.id if team else 0}@example.org", "Nadia El Fassi", role, "a long enough password")
    person.team_id = team.id if team else person.team_id
    session.flush()
    return person


def other_team(session: Session) -> Team:
    team = Team(name="Inezgane", hours="Mo-Fr 09:00-16:00")
    session.add(team)
    session.flush()
    return team


def change(name: str = "Bonjour", team_id: int | None = None, seen: str = "", **bodies: str) -> Change:
    return Change(name, team_id, bodies or {"fr": "Bonjour, ici {name}."}, seen)


@pytest.fixture
def boss(session: Session) -> Staff:
    return hired(session, "administrator")


# --- Kept


def test_an_answer_is_kept_as_it_was_written(session: Session, boss: Staff) -> None:
    row = canned.create(session, boss, change("  Bonjour \n là ", fr=" Bonjour\n\nici ", en="", ar="  "))
    assert (row.name, row.team_id, row.bodies, row.changed_by) == ("Bonjour là", None, {"fr": "Bonjour\n\nici"}, boss.id)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (change(name="  "), "canned.name"),
        (change(name="x" * 61), "canned.name"),
        (change(fr="", en=" \n"), "canned.empty"),
        (change(es="hola"), "canned.empty"),
        (change(fr="x" * 2001), "canned.too_long"),
        (change(fr="ici {nom}"), "canned.unknown_variable"),
        (change(fr="ici {name"), "canned.unknown_variable"),
        (change(fr="ici name}"), "canned.unknown_variable"),
        (change(fr="{name.__class__}"), "canned.unknown_variable"),
        (change(fr="{name!r}"), "canned.unknown_variable"),
        (change(fr="{{name}}"), "canned.unknown_variable"),
        (change(fr="ok", en="{}"), "canned.unknown_variable"),
    ],
)
def test_what_nobody_could_read_is_refused(session: Session, boss: Staff, given: Change, key: str) -> None:
    with pytest.raises(Refused, match=f"^{key}$"):
        canned.create(session, boss, given)


def test_two_answers_of_one_team_have_two_names(session: Session, boss: Staff) -> None:
    team = other_team(session)
    canned.create(session, boss, change())
    canned.create(session, boss, change(team_id=team.id))
    with pytest.raises(Refused, match=r"^canned\.name_taken$"):
        canned.create(session, boss, change())


def test_every_change_is_in_the_audit_trail_without_its_words(session: Session, boss: Staff) -> None:
    row = canned.create(session, boss, change(fr="secret"))
    canned.edit(session, boss, row.id, change(seen=canned.version(row), en="secret"))
    canned.delete(session, boss, row.id, canned.version(row))
    trail = session.execute(select(AuditRow.action, AuditRow.subject, AuditRow.data).where(AuditRow.action.startswith("canned"))).all()
    assert [(action, subject) for action, subject, _ in trail] == [
        (f"canned.{what}", f"canned:{row.id}") for what in ("created", "changed", "deleted")
    ]
    assert "secret" not in str(trail)


# --- By whom


@pytest.mark.parametrize(("role", "may"), [("administrator", "yyy"), ("supervisor", "nyn"), ("caseworker", "nnn"), ("manager", "nnn")])
def test_who_may_keep_what_belongs_to_all_to_ones_team_to_another(session: Session, role: str, may: str) -> None:
    person, other = hired(session, role), other_team(session)
    found = [canned.may_keep(person, team_id) for team_id in (None, person.team_id, other.id)]
    assert found == [letter == "y" for letter in may]


def test_an_answer_cannot_be_moved_to_where_one_may_not_keep_it(session: Session) -> None:
    lead = hired(session, "supervisor")
    row = canned.create(session, lead, change(team_id=lead.team_id))
    for team_id in (None, other_team(session).id):
        with pytest.raises(Refused, match=r"^role\.not_allowed$"):
            canned.edit(session, lead, row.id, change(team_id=team_id, seen=canned.version(row)))


def test_an_answer_of_all_teams_is_not_taken_by_one(session: Session, boss: Staff) -> None:
    row, lead = canned.create(session, boss, change()), hired(session, "supervisor")
    with pytest.raises(Refused, match=r"^role\.not_allowed$"):
        canned.edit(session, lead, row.id, change(team_id=lead.team_id, seen=canned.version(row)))
    with pytest.raises(Refused, match=r"^role\.not_allowed$"):
        canned.delete(session, lead, row.id, canned.version(row))


def test_answers_of_another_team_do_not_exist(session: Session, boss: Staff) -> None:
    mine = hired(session, "caseworker")
    theirs = canned.create(session, boss, change(team_id=other_team(session).id))
    with pytest.raises(NotFound):
        canned.get(session, mine, theirs.id)
    assert canned.listed(session, mine) == [] and canned.listed(session, boss) == [theirs]
    assert canned.of_team(session, mine.team_id) == []


# --- Two at once


def test_who_saves_second_is_told(session: Session, boss: Staff) -> None:
    row = canned.create(session, boss, change())
    seen = canned.version(row)
    canned.edit(session, boss, row.id, change(seen=seen, fr="premier"))
    with pytest.raises(Conflict, match=r"^canned\.changed$"):
        canned.edit(session, boss, row.id, change(seen=seen, fr="second"))
    with pytest.raises(Conflict, match=r"^canned\.changed$"):
        canned.delete(session, boss, row.id, seen)
    assert session.get_one(Canned, row.id).bodies == {"fr": "premier"}


def test_what_was_deleted_meanwhile_is_not_saved_silently(session: Session, boss: Staff) -> None:
    row = canned.create(session, boss, change())
    canned.delete(session, boss, row.id, canned.version(row))
    session.flush()
    with pytest.raises(Conflict, match=r"^canned\.gone$"):
        canned.edit(session, boss, row.id, change(seen=canned.version(row)))


def test_of_two_who_save_at_the_same_moment_one_is_told(db: Database) -> None:
    with db.begin() as session:
        boss = hired(session, "administrator")
        row = canned.create(session, boss, change())
        row_id, seen = row.id, canned.version(row)

    def save(words: str) -> str:
        try:
            with db.begin() as session:
                canned.edit(session, boss, row_id, change(seen=seen, fr=words))
        except Conflict as error:
            return str(error)
        return ""

    with AtOnce() as both:
        with held(db, "SELECT 1 FROM canned FOR UPDATE"):
            saving = [both.start(save, words) for words in ("un", "deux")]
            until(lambda: waiting_for_a_lock(db) == 2)
        assert sorted(map(result, saving)) == ["", "canned.changed"]


# --- Said


@pytest.mark.parametrize(
    ("form", "there", "nearest"),
    [
        ("ary-Latn", FORMS, "ary-Latn"),
        ("ary-Latn", ("fr", "ar", "ary-Arab"), "fr"),
        ("ary-Latn", ("en", "ar"), "ar"),
        ("ary-Latn", ("en", "fr"), "fr"),
        ("ary-Arab", ("ary-Latn", "fr", "ar"), "ar"),
        ("ar", ("ary-Latn", "fr"), "ary-Latn"),
        ("fr", ("ar", "en"), "en"),
        ("en", ("ar", "fr"), "fr"),
    ],
)
def test_the_nearest_form_is_said_when_one_is_missing(form: Form, there: tuple[str, ...], nearest: str) -> None:
    assert forms.nearest(dict.fromkeys(there, "…"), form) == nearest


def test_every_form_leads_to_every_other() -> None:
    assert {form: set(order) for form, order in forms.NEAREST.items()} == {form: set(FORMS) for form in FORMS}


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert canned.filled("{name}", "fr", {"name": "{case}"}) == "{case}"


def test_a_name_inside_arabic_stays_readable() -> None:
    assert canned.filled("أنا {name}", "ar", {"name": "Nadia"}) == f"أنا {LRI}Nadia{PDI}"


# --- To begin with


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed["name"]))
def test_an_answer_to_begin_with_is_in_the_five_forms(seed: dict[str, Any]) -> None:
    assert set(seed) == {"name", *FORMS}
    assert [form for form in FORMS if not seed[form].strip() or canned.unknown(seed[form]) or len(seed[form]) > 400] == []
    assert len({frozenset(v for v in canned.VARIABLES if f"{{{v}}}" in seed[form]) for form in FORMS}) == 1


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed["name"]))
def test_an_answer_to_begin_with_is_in_the_script_of_its_form_and_states_nothing(seed: dict[str, Any]) -> None:
    bodies = {form: canned.filled(seed[form], form, dict.fromkeys(canned.VARIABLES, "")) for form in FORMS}
    assert [form for form, text in bodies.items() if (arabic_share(text) > 0.5) != (form in RTL)] == []
    assert [found for form, text in bodies.items() for found in forbidden(DATA).said(text, form)] == []
    assert [form for form, text in bodies.items() if phones(text) or any(c.isdigit() for c in text if form != "ary-Latn")] == []


def test_darija_is_not_standard_arabic() -> None:
    """Words that only one of the two has."""
    standard = ("الآن", "هذا", "هذه", "لا تحتاج", "سوف", "ليس", "أريد", "يمكنك", "لماذا", "ماذا")
    assert [(seed["name"], word) for seed in SEEDS for word in standard if word in seed["ary-Arab"].split()] == []
    assert [seed["name"] for seed in SEEDS if seed["ary-Arab"] == seed["ar"]] == []


def test_the_answers_to_begin_with_are_imported_once(session: Session, boss: Staff) -> None:
    assert canned.import_seeds(session, DATA) == len(SEEDS) >= 12
    first = canned.listed(session, boss)[0]
    canned.delete(session, boss, first.id, canned.version(first))
    assert canned.import_seeds(session, DATA) == 0
    assert len(canned.listed(session, boss)) == len(SEEDS) - 1


def test_answers_are_found_by_name_and_by_words_of_any_form(session: Session, boss: Staff) -> None:
    canned.import_seeds(session, DATA)
    for words in ("papiers", "الباسبور", "3e9d"):
        assert canned.search(session, boss, words)[0].name == "Quels papiers avez-vous ?"
    assert canned.search(session, boss, "au revoir")[0].name == "Merci, au revoir"
    assert len(canned.search(session, boss, " ")) == len(SEEDS)
