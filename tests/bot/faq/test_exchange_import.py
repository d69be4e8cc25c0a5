"""A file comes back: what it would change is said row by row, and all of it becomes drafts, or nothing."""

import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import Conflict, Refused
from bot.exchange import leaving, plan, reading
from bot.exchange.apply import apply
from bot.exchange.leaving import Wanted
from bot.exchange.plan import Plan
from bot.faq import editing, entries, revisions, workflow
from bot.faq.rules import book
from bot.faq.workflow import Change
from bot.tables import AuditRow, EntryRow, Revision, Staff
from bot.understanding.corpus import seed_entries
from tests.story import DATA, hire

ID = "school_enrol"
SEEDS: list[dict[str, Any]] = json.loads(json.dumps(list(seed_entries(DATA)), default=str))
HEAD = "id,version,form,title,answer,questions,golden,to_check\n"
FORMS = ("en", "ar", "ary-Arab", "ary-Latn")


@pytest.fixture
def nadia(db: Database) -> Staff:
    return hire(db, "Nadia", "editor", email="nadia@example.org")


@pytest.fixture
def omar(db: Database) -> Staff:
    return hire(db, "Omar", "editor", email="omar@example.org")


@pytest.fixture(autouse=True)
def content(session: Session) -> None:
    entries.import_entries(session, SEEDS)


def planned(session: Session, text: str | bytes, name: str = "texts.csv") -> Plan:
    return plan.plan(session, reading.read(name, text.encode() if isinstance(text, str) else text), book(DATA))


def states(found: Plan) -> dict[str, str]:
    return {outcome.entry: outcome.state for outcome in found.outcomes}


def keys(found: Plan, entry: str = ID) -> list[str]:
    return [r.key for outcome in found.outcomes if outcome.entry == entry for r in outcome.remarks]


def change(session: Session, person: Staff, **answers: str) -> None:
    head = workflow.head(session, ID)
    body = {**head.body, "answers": {**head.body["answers"], **answers}}
    workflow.save(session, person, ID, Change(body, "meaning", head.number, looked_at=FORMS))


@pytest.mark.parametrize("kind", leaving.KINDS)
def test_what_comes_back_as_it_left_changes_nothing(session: Session, kind: str) -> None:
    found = planned(session, leaving.file(kind, leaving.items(session, Wanted()), DATA), f"x.{'xlsx' if kind == 'xlsx' else 'zip'}")
    assert set(states(found).values()) == {"unchanged"} and len(found.outcomes) == 85 and found.is_whole and not found.to_do


def test_a_translation_becomes_a_draft_and_makes_no_other_form_old(session: Session, nadia: Staff) -> None:
    found = planned(session, f"{HEAD}{ID},1,en,School,Yes. It is free.,,,\n")
    assert states(found) == {ID: "changed"} and found.outcomes[0].changed == {(p, "en") for p in ("titles", "answers", "questions")}
    assert [(r.key, r.detail, r.grave) for r in found.outcomes[0].remarks] == [("emptied", "questions en", False)]
    assert apply(session, nadia, found) == 1
    row, head = session.get_one(EntryRow, ID), workflow.head(session, ID)
    assert (row.stage, row.state, row.live, row.head) == ("draft", "published", 1, 2)
    assert (head.kind, head.why, head.by) == ("meaning", "revision_why.imported texts.csv", nadia.id)
    assert head.body["answers"]["en"] == "Yes. It is free." and "en" not in head.body["questions"] and head.body["to_check"] == []
    assert head.body["answers"]["fr"] == revisions.get(session, ID, 1).body["answers"]["fr"]


def test_another_source_text_marks_the_translations_that_stayed(session: Session, nadia: Staff) -> None:
    apply(session, nadia, planned(session, f"id,version,form,answer\n{ID},1,fr,Oui.\n{ID},1,en,Yes.\n"))
    assert workflow.head(session, ID).body["to_check"] == ["ar", "ary-Arab", "ary-Latn"]


def test_a_mark_that_is_taken_away_says_that_the_form_is_right(session: Session, nadia: Staff) -> None:
    apply(session, nadia, planned(session, f"id,version,form,answer\n{ID},1,fr,Oui.\n"))
    apply(session, nadia, planned(session, f"id,version,form,to_check\n{ID},2,ar,\n{ID},2,en,x\n"))
    assert workflow.head(session, ID).body["to_check"] == ["ary-Arab", "ary-Latn", "en"]
    assert states(planned(session, f"id,version,form,to_check\n{ID},3,fr,x\n")) == {ID: "unchanged"}, (
        "a mark is set by a change, not by hand"
    )


def test_who_saved_meanwhile_is_named_and_nothing_is_overwritten(session: Session, nadia: Staff, omar: Staff) -> None:
    change(session, omar, fr="Oui, tous.")
    found = planned(session, f"id,version,form,answer\n{ID},1,en,Yes.\n{ID},1,fr,Oui.\nhealth_without_papers,1,en,Yes.\n")
    assert states(found)[ID] == "refused" and keys(found) == ["changed_since"] and "Omar" in found.outcomes[-1].remarks[0].detail
    said = {row.where: [r.where for r in said] for row, state, _, said in plan.rows(found) if row.entry == ID}
    assert said == {"texts.csv:2": [], "texts.csv:3": ["texts.csv:3 (answer)"]}, "at the row that both changed"
    with pytest.raises(Refused, match="not_whole"):
        apply(session, nadia, found)
    assert workflow.head(session, ID).body["answers"]["fr"] == "Oui, tous."


def test_a_change_elsewhere_stops_no_translation(session: Session, nadia: Staff, omar: Staff) -> None:
    change(session, omar, fr="Oui, tous.")
    found = planned(session, f"id,version,form,title,answer\n{ID},1,en,School,Yes.\n")
    assert states(found) == {ID: "changed"} and keys(found) == ["meanwhile"] and found.is_whole
    assert apply(session, nadia, found) == 1
    head = workflow.head(session, ID).body
    assert (head["answers"]["fr"], head["answers"]["en"], head["titles"]["en"], head["to_check"]) == ("Oui, tous.", "Yes.", "School", [])


def test_a_translation_from_before_the_meaning_changed_stays_marked(session: Session, nadia: Staff, omar: Staff) -> None:
    head = workflow.head(session, ID)
    body = {**head.body, "answers": {**head.body["answers"], "fr": "Non."}}
    workflow.save(session, omar, ID, Change(body, "meaning", head.number, looked_at=("ar", "ary-Arab", "ary-Latn")))
    apply(session, nadia, planned(session, f"id,version,form,answer\n{ID},1,en,Yes.\n{ID},1,ar,نعم.\n"))
    head = workflow.head(session, ID)
    assert (head.body["answers"]["en"], head.body["to_check"]) == ("Yes.", ["en"])
    apply(session, nadia, planned(session, f"id,version,form,answer\n{ID},{head.number},en,No.\n"))
    assert workflow.head(session, ID).body["to_check"] == []


def test_what_was_not_touched_in_the_file_is_no_conflict(session: Session, omar: Staff) -> None:
    file = leaving.file("csv", leaving.items(session, Wanted()), DATA)
    change(session, omar, fr="Oui, tous.")
    assert set(states(planned(session, file, "x.zip")).values()) == {"unchanged"}


def test_who_did_the_same_is_no_conflict(session: Session, omar: Staff) -> None:
    change(session, omar, fr="Oui.")
    assert states(planned(session, f"id,version,form,answer\n{ID},1,fr,Oui.\n")) == {ID: "unchanged"}


def test_the_rest_is_taken_only_when_somebody_chooses_so(session: Session, nadia: Staff) -> None:
    found = planned(session, f"id,version,form,answer\n{ID},1,en,Yes.\nhealth_without_papers,1,xx,Yes.\n")
    assert states(found) == {ID: "changed", "health_without_papers": "refused"}
    with pytest.raises(Refused):
        apply(session, nadia, found)
    assert workflow.head(session, ID).number == 1
    assert apply(session, nadia, found, others=True) == 1 and workflow.head(session, ID).number == 2


def test_one_bad_row_refuses_all_rows_of_its_entry(session: Session) -> None:
    found = planned(session, f"id,version,form,answer\n{ID},1,en,Yes.\n{ID},1,en,No.\n{ID},1,ar,\u0007\n")
    assert [(row.where, state, [r.key for r in said]) for row, state, _, said in plan.rows(found)] == [
        ("texts.csv:2", "refused", []),
        ("texts.csv:3", "refused", ["row_twice"]),
        ("texts.csv:4", "refused", ["control_character"]),
    ]


def test_somebody_who_saves_between_plan_and_deed_stops_all_of_it(session: Session, nadia: Staff, omar: Staff) -> None:
    found = planned(session, f"id,version,form,answer\nhealth_without_papers,1,en,Yes.\n{ID},1,en,Yes.\n")
    change(session, omar, fr="Oui, tous.")
    with pytest.raises(Conflict), session.begin_nested():
        apply(session, nadia, found)
    assert workflow.head(session, "health_without_papers").number == 1


def test_a_new_entry_needs_a_topic(session: Session, nadia: Staff) -> None:
    assert keys(planned(session, f"{HEAD}new_one,,fr,Titre,Oui.,Où ?,,\n"), "new_one") == ["no_topic"]
    tables = leaving.csv_files.write([leaving.Item({**SEEDS[0], "id": "new_one", "checked_by": None}, 1, "nadia@example.org")])
    found = planned(session, zipped(tables), "x.zip")
    assert states(found) == {"new_one": "new"} and apply(session, nadia, found) == 1
    row = session.get_one(EntryRow, "new_one")
    assert (row.state, row.stage, row.responsible_id) == ("draft", "draft", nadia.id) and entries.published(session, "new_one") is None
    assert workflow.head(session, "new_one").body == {**SEEDS[0], "id": "new_one"}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("topic", "weather", "unknown_topic"),
        ("facts", "nothing.1", "unknown_facts"),
        ("related", "nobody", "unknown_related"),
        ("categories", "casino", "unknown_categories"),
        ("responsible", "who@example.org", "unknown_person"),
        ("source_form", "es", "unknown_form"),
        ("read_on", "31/01/2027", "day"),
        ("checked_by", "Somebody", "entry.half_checked"),
        ("version", "one", "bad_version"),
        ("version", "", "no_version"),
        ("version", "9", "version_unknown"),
        ("id", "A B", "bad_id"),
    ],
)
def test_a_value_that_leads_nowhere_is_refused_at_its_cell(session: Session, column: str, value: str, key: str) -> None:
    cells = {"id": ID, "version": "1", "topic": "schooling", column: value}
    found = planned(session, f"{','.join(cells)}\n{','.join(cells.values())}\n")
    remarks = [r for _, state, _, said in plan.rows(found) for r in said if state == "refused"]
    assert [r.key for r in remarks] == [key] and remarks[0].where.startswith("texts.csv:2")


def test_columns_that_are_not_there_stay_as_they_are_and_are_named(session: Session, nadia: Staff) -> None:
    found = planned(session, f"ID, Answer ,form,version,colour\n{ID},Yes.,en,1,red\n")
    assert [(r.key, r.detail) for r in found.read.remarks] == [
        ("column_missing", "title, questions, golden, to_check"),
        ("column_unknown", "colour"),
    ]
    apply(session, nadia, found)
    before, now = revisions.get(session, ID, 1).body, workflow.head(session, ID).body
    assert now == {**before, "answers": {**before["answers"], "en": "Yes."}, "to_check": []}


def test_yaml_of_git_changes_what_it_changes(session: Session, nadia: Staff, omar: Staff) -> None:
    body = next(dict(body) for body in SEEDS if body["id"] == ID)
    text = leaving.yaml_files.write([{**body, "related": [], "titles": {**body["titles"], "en": "School"}}])
    found = planned(session, text, "schooling.yml")
    assert found.outcomes[0].changed == {("related", ""), ("titles", "en")}
    change(session, omar, fr="Oui, tous.")
    older = planned(session, leaving.yaml_files.write([body]), "schooling.yml")
    assert states(older) == {ID: "unchanged"} and keys(older) == ["older"], "an old file takes nothing back"
    assert states(planned(session, text, "schooling.yml")) == {ID: "changed"}
    assert apply(session, nadia, planned(session, text, "schooling.yml")) == 1


def test_a_person_alone_is_entrusted_without_a_new_revision(session: Session, nadia: Staff) -> None:
    found = planned(session, f"id,version,responsible\n{ID},1,NADIA@example.org\n", "entries.csv")
    apply(session, nadia, found)
    assert session.get_one(EntryRow, ID).responsible_id == nadia.id and workflow.head(session, ID).number == 1
    editing.entrust(session, nadia, ID, "")


def test_a_file_takes_nobodys_place(session: Session, nadia: Staff, omar: Staff) -> None:
    editing.entrust(session, nadia, ID, str(nadia.id))
    item = next(item for item in leaving.items(session, Wanted()) if item.body["id"] == ID)
    content = leaving.file("xlsx", [item], DATA)
    editing.entrust(session, nadia, ID, str(omar.id))
    found = planned(session, content, "x.xlsx")
    assert states(found) == {ID: "unchanged"} and keys(found) == ["responsible_stays"]
    same = planned(session, f"id,version,responsible\n{ID},1,{omar.email.upper()}\n", "entries.csv")
    assert states(same) == {ID: "unchanged"} and keys(same) == []


def test_too_long_for_people_is_said_and_taken(session: Session) -> None:
    found = planned(session, f"id,version,form,answer\n{ID},1,en,{'x' * 701}\n")
    assert states(found) == {ID: "changed"} and [(r.key, r.where) for r in found.outcomes[0].remarks] == [
        ("long_text", "texts.csv:2 (answer)")
    ]


def test_an_import_is_in_the_audit_trail(session: Session, nadia: Staff) -> None:
    apply(session, nadia, planned(session, f"id,version,form,answer\n{ID},1,en,Yes.\n"))
    row = session.scalars(select(AuditRow).filter_by(action="content.imported")).one()
    assert (row.actor, row.subject, row.data) == (str(nadia.id), "content", {"new": 0, "changed": 1})
    assert session.scalar(select(func.count()).select_from(Revision)) == 86


def test_what_lacks_a_form_can_leave_alone(session: Session, nadia: Staff) -> None:
    assert leaving.items(session, Wanted(lacks="en")) == []
    apply(session, nadia, planned(session, f"id,version,form,title\n{ID},1,en,\n"))
    assert [item.body["id"] for item in leaving.items(session, Wanted(lacks="en"))] == [ID]
    assert [item.body["id"] for item in leaving.items(session, Wanted(lacks=leaving.ANY_FORM))] == [ID]
    assert leaving.items(session, Wanted(lacks="en", live=True)) == [] and leaving.items(session, Wanted(lacks="ar")) == []
    topics = {item.body["topic"] for item in leaving.items(session, Wanted(topic="schooling"))}
    workflow.archive(session, nadia, ID, 2)
    assert topics == {"schooling"} and leaving.items(session, Wanted(lacks="en")) == []
