"""The FAQ that a new installation starts with keeps every rule of `bot.faq.rules`; each rule is proven by a planted bad entry."""

import time
from datetime import date
from typing import Any

import pytest

from bot.faq.amounts import amounts
from bot.faq.entries import Entry
from bot.faq.forbidden import forbidden
from bot.faq.phones import phones
from bot.faq.rules import LONGEST_ANSWER, LONGEST_TITLE, WARNINGS, Book, Fault, book, check, check_all, due, twice
from bot.language.forms import FORMS, Form
from bot.settings import ROOT
from bot.understanding.corpus import load_yaml, seed_entries

DATA = ROOT / "data"
ENTRIES = seed_entries(DATA)
IDS = {entry["id"] for entry in ENTRIES}
STATEMENTS = load_yaml(DATA / "forbidden.yml")["statements"]
LIMIT_48, LIMIT_15 = "legal_aid_detention_expulsion.1", "legal_aid_detention_expulsion.5"


@pytest.fixture(scope="module")
def rules() -> Book:
    return book(DATA)


def in_all(text: str, **one: str) -> dict[str, str]:
    return {form: text for form in FORMS} | {name.replace("_", "-"): changed for name, changed in one.items()}


def planted(**changed: Any) -> Entry:
    """A sound entry, but for what is changed."""
    sound: Entry = {
        "id": "planted",
        "topic": "asylum",
        "titles": in_all("Planted"),
        "answers": in_all("UNHCR: 05 37 54 54 00"),
        "facts": ["asylum_refugee_status.2"],
        "related": ["asylum_apply"],
        "categories": ["asylum_office"],
        "questions": {form: [f"{form} {n}" for n in range(8)] for form in FORMS},
        "read_on": date(2026, 11, 21),
        "check_again_on": date(2027, 2, 21),
    }
    return sound | changed


def faults(rules: Book, **changed: Any) -> list[Fault]:
    return check(planted(**changed), rules, IDS)


def kinds(rules: Book, **changed: Any) -> set[str]:
    return {fault.rule for fault in faults(rules, **changed)}


# The content itself


def test_all_entries_are_there() -> None:
    topics = load_yaml(DATA / "facts" / "faq-topics.yaml")
    assert {row["id"] for rows in topics.values() for row in rows} == IDS


def test_no_entry_breaks_a_rule(rules: Book) -> None:
    assert [str(fault) for fault in check_all(ENTRIES, rules)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_each_entry_stands_in_the_list_of_its_topic(entry: Entry) -> None:
    listed = load_yaml(DATA / "facts" / "faq-topics.yaml")[entry["topic"]]
    assert entry["id"] in {row["id"] for row in listed}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_the_forms_have_the_same_lines_and_numbers(entry: Entry) -> None:
    """They say the same thing: as many lines, and the same telephone numbers."""
    answers = entry["answers"].values()
    assert len({len(answer.strip().split("\n")) for answer in answers}) == 1
    assert len({frozenset(phones(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_nobody_is_named_as_a_checker_without_a_day(entry: Entry) -> None:
    assert (entry["checked_by"] is None) == (entry["checked_on"] is None)


# Each rule, by a bad entry


def test_a_sound_entry_has_no_fault(rules: Book) -> None:
    assert faults(rules) == []


@pytest.mark.parametrize("part", ["titles", "answers"])
@pytest.mark.parametrize("form", FORMS)
def test_a_missing_form_is_found(rules: Book, part: str, form: Form) -> None:
    texts = {name: text for name, text in planted()[part].items() if name != form}
    assert Fault("planted", "form_missing", form, part) in faults(rules, **{part: texts})


def test_an_empty_answer_is_a_missing_form(rules: Book) -> None:
    assert "form_missing" in kinds(rules, answers=in_all("UNHCR", fr="  \n"))


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Vous avez 90 jours.", {"90"}),
        ("عندك 48 ساعة", {"48"}),
        ("It costs 1 500 DH, or 17.92 a month", {"1500", "17.92"}),
        ("10 x 17,92 = 179,20 dirhams", {"17.92"}),
        ("12 x 17,92 = 215,05 dirhams", {"12", "17.92", "215.05"}),
        ("Loi de 2013, à 9:00, au 05 37 54 54 00, 3 jours, n°14", set()),
    ],
)
def test_an_amount_that_no_fact_names_is_found(rules: Book, text: str, unknown: set[str]) -> None:
    found = faults(rules, answers=in_all("UNHCR", fr=text))
    assert {fault.detail for fault in found if fault.rule == "amount_unknown"} == unknown
    assert {fault.rule for fault in found} - {"other_script"} <= {"amount_unknown"} <= WARNINGS


def test_what_a_source_of_an_editor_says_carries_numbers_and_amounts(rules: Book) -> None:
    own = {"title": "Commune d'Agadir", "url": "", "year": "2026", "says": "Guichet : 05 28 84 00 01, timbre de 175 dirhams"}
    texts = in_all("UNHCR", fr="Appelez le 0528840001 : 175 DH, pas 180.")
    assert [(f.rule, f.detail) for f in faults(rules, answers=texts, sources=[own])] == [("amount_unknown", "180")]
    assert "phone_unknown" in kinds(rules, answers=texts, sources=[{**own, "says": ""}])


@pytest.mark.parametrize("text", ["1" * 1500, "1x" * 1500, "1 " + "a" * 3000, "1" + " " * 3000])
def test_no_text_holds_up_who_looks_for_amounts(text: str) -> None:
    began = time.process_time()
    amounts(text)
    assert time.process_time() - began < 5  # it was a minute


def test_a_source_without_a_name_is_found(rules: Book) -> None:
    assert "source_nameless" in kinds(rules, sources=[{"title": "", "url": "https://example.org", "year": ""}])


def test_a_form_that_nobody_looked_at_is_named(rules: Book) -> None:
    assert faults(rules, to_check=["ar"]) == [Fault("planted", "meaning_changed", "ar")]


def test_a_sixth_form_is_found(rules: Book) -> None:
    assert kinds(rules, answers=in_all("UNHCR", es="ACNUR")) == {"form_unknown"}


@pytest.mark.parametrize(
    ("used", "rule"),
    [([], "fact_missing"), (["asylum_refugee_status.99"], "fact_unknown"), (["asylum_refugee_status.10"], "fact_low")],
)
def test_a_missing_unknown_or_doubtful_fact_is_found(rules: Book, used: list[str], rule: str) -> None:
    assert kinds(rules, facts=used, answers=in_all("UNHCR")) == {rule}


@pytest.mark.parametrize(("part", "longest", "rule"), [("answers", LONGEST_ANSWER, "answer_long"), ("titles", LONGEST_TITLE, "title_long")])
def test_a_text_is_too_long_from_the_next_character_on(rules: Book, part: str, longest: int, rule: str) -> None:
    assert kinds(rules, **{part: in_all("x", ar="x" * longest)}) == set()
    assert kinds(rules, **{part: in_all("x", ar="x" * (longest + 1))}) == {rule}


def test_facts_are_compared_with_the_day_passed_in(rules: Book) -> None:
    entry = planted(check_again_on=date(2027, 2, 21))
    assert check(entry, rules, IDS, on=date(2027, 2, 21)) == []
    assert [fault.rule for fault in check(entry, rules, IDS, on=date(2027, 2, 22))] == ["check_due"]


def test_without_a_day_the_day_of_reading_counts(rules: Book) -> None:
    assert kinds(rules, read_on=date(2026, 11, 21), check_again_on=date(2026, 11, 20)) == {"check_due"}


@pytest.mark.parametrize("key", ["read_on", "check_again_on"])
@pytest.mark.parametrize("value", [None, "soon"])
def test_a_missing_day_is_found(rules: Book, key: str, value: str | None) -> None:
    assert kinds(rules, **{key: value}) == {"date_missing"}


def test_days_as_text_are_days(rules: Book) -> None:
    """In the table an entry is JSON."""
    assert kinds(rules, read_on="2026-11-21", check_again_on="2027-02-21") == set()


def test_the_report_lists_what_is_due_the_longest_waiting_first() -> None:
    days = {"a": date(2027, 1, 2), "b": date(2027, 1, 1), "c": date(2027, 1, 3)}
    entries = [planted(id=key, check_again_on=day) for key, day in days.items()]
    assert [entry["id"] for entry in due(entries, date(2027, 1, 3))] == ["b", "a"]


@pytest.mark.parametrize(
    "number", ["+212 5 37 54 54 00", "0537545400", "00212 537-545-400", "05.37.54.54.00", "٠٥٣٧٥٤٥٤٠٠", "+212 (0)5 37 54 54 00"]
)
def test_a_number_of_the_facts_is_known_in_every_spelling(rules: Book, number: str) -> None:
    assert kinds(rules, answers=in_all(f"UNHCR: {number}.")) == set()


@pytest.mark.parametrize(
    "hours", [" (9:00-15:00)", " (10:00-15:00)", " (9h30-15h)", " 9:00-15:00", " 10h00", " (2 lignes)", " (24h/24)", "\u00a0(8:00)"]
)
@pytest.mark.parametrize("number", ["05 37 54 54 00", "0537545400", "+212 5 37 54 54 00", "05\u00a037\u00a054\u00a054\u00a000"])
def test_what_stands_behind_a_number_is_not_part_of_it(number: str, hours: str) -> None:
    assert phones(f"UNHCR : {number}{hours}.") == {"0537545400"}


@pytest.mark.parametrize("text", ["05 37 54 54 00 1", "0537545400/0537545401", "05 37 54 54 000", "0537545400-0537545401"])
def test_digits_that_hang_on_a_number_make_it_another_one(text: str) -> None:
    assert phones(text) - {"0537545400"}


@pytest.mark.parametrize("number", ["05 37 54 54 01", "+212 6 12 34 56 78", "0612345678", "537 54 54 01 00", "+33 1 23 45 67 89"])
def test_a_number_of_no_cited_fact_is_found(rules: Book, number: str) -> None:
    assert "phone_unknown" in kinds(rules, answers=in_all("UNHCR", ary_Latn=f"3eyyet: {number}"))


@pytest.mark.parametrize(
    "text", ["5000 à 30000 dirhams", "loi 09-08 (2009)", "de 9:00 à 15:00", "2 000 à 20 000 dh", "décret 2-09-607", "en 2015-2016"]
)
def test_other_figures_are_no_telephone_numbers(text: str) -> None:
    assert phones(text) == set()


@pytest.mark.parametrize(
    "number",
    [
        "0 8000 8888",
        "080008888",
        "08 00 08 88 8",
        "+212 8000 8888",
        "0-8000-8888",
        "0.8000.8888",
        "0, 8000, 8888",
        "٠ ٨٠٠٠ ٨٨٨٨",
        "O 8OOO 8888",
        "0\u200b80008888",
    ],
)
def test_the_withdrawn_number_is_found_in_every_spelling(rules: Book, number: str) -> None:
    found = [fault for fault in faults(rules, answers=in_all("UNHCR", ar=f"اتصل: {number}")) if fault.rule == "forbidden"]
    assert found == [Fault("planted", "forbidden", "ar", "withdrawn_number")]


@pytest.mark.parametrize("number", ["150", "112", "141", "190"])
@pytest.mark.parametrize(
    "text", ["- {} : ambulance", "En danger, appelez le {}.", "19, 177, {}", "عيط ل {}", "الإسعاف:{}", "SAMU ({})", "-{}"]
)
def test_unconfirmed_emergency_numbers_are_found(rules: Book, number: str, text: str) -> None:
    assert kinds(rules, answers=in_all("UNHCR", fr=text.format(number))) - {"amount_unknown"} == {"forbidden"}


@pytest.mark.parametrize("text", ["Timbre : 150 dirhams", "article 112", "150 درهم", "141 personnes", "1 150 dh", "190 km", "code 1412"])
def test_the_same_figures_may_count_other_things(rules: Book, text: str) -> None:
    assert kinds(rules, answers=in_all("UNHCR", fr=text)) <= {"amount_unknown"}


CASES = [(row["id"], form) for row in STATEMENTS for form in FORMS]


@pytest.mark.parametrize(("statement", "form"), CASES)
def test_a_forbidden_statement_is_found(rules: Book, statement: str, form: Form) -> None:
    bad = next(row["bad"][form] for row in STATEMENTS if row["id"] == statement)
    assert faults(rules, answers=planted()["answers"] | {form: bad}) == [Fault("planted", "forbidden", form, statement)]


@pytest.mark.parametrize(("statement", "form"), CASES)
def test_its_denial_is_not_forbidden(statement: str, form: Form) -> None:
    good = next(row["good"][form] for row in STATEMENTS if row["id"] == statement)
    assert forbidden(DATA).said(good, form) == []


@pytest.mark.parametrize(("statement", "form"), CASES)
def test_a_question_states_nothing(statement: str, form: Form) -> None:
    bad = next(row["bad"][form] for row in STATEMENTS if row["id"] == statement)
    assert forbidden(DATA).said(bad.rstrip(".") + (" ؟" if form.startswith("ar") else " ?"), form) == []


def test_a_denial_in_the_sentence_before_takes_nothing_back(rules: Book) -> None:
    answer = "Ne payez personne. La campagne de régularisation est ouverte."
    assert kinds(rules, answers=in_all("UNHCR", fr=answer)) == {"forbidden"}


@pytest.mark.parametrize("fact", [LIMIT_48, LIMIT_15])
def test_a_time_limit_that_is_not_in_the_first_line_is_found(rules: Book, fact: str) -> None:
    hours = "48" if fact == LIMIT_48 else "15"
    assert kinds(rules, facts=[fact], answers=in_all(f"{hours}: UNHCR.\n1.")) == set()
    late = faults(rules, facts=[fact], answers=in_all(f"{hours}: UNHCR.\n1.", en=f"Go.\n{hours}: court."))
    assert late == [Fault("planted", "limit_not_first", "en", hours)]


def test_fewer_than_eight_different_questions_are_found(rules: Book) -> None:
    asked = planted()["questions"]
    few = asked | {"fr": [*asked["fr"][:7], asked["fr"][0].upper() + " ?"]}
    assert faults(rules, questions=few) == [Fault("planted", "few_questions", "fr", "7 < 8")]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"topic": "cooking"}, "topic_unknown"),
        ({"categories": ["bakery"]}, "category_unknown"),
        ({"related": ["nowhere"]}, "related_unknown"),
        ({"id": "asylum_apply"}, "related_unknown"),
    ],
)
def test_unknown_neighbours_are_found(rules: Book, changed: dict[str, Any], rule: str) -> None:
    assert kinds(rules, **changed) == {rule}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"id": "other", "titles": in_all("Other")}, "question_twice"),
        ({"id": "other", "questions": {}}, "title_twice"),
        ({"titles": in_all("Other"), "questions": {}}, "id_twice"),
    ],
)
def test_what_two_entries_say_is_found_in_both(changed: dict[str, Any], rule: str) -> None:
    pair = [planted(), planted(**changed)]
    assert {(fault.entry, fault.rule) for fault in twice(pair)} == {(entry["id"], rule) for entry in pair}


def test_a_question_asked_in_two_forms_of_one_entry_is_no_fault() -> None:
    assert list(twice([planted(questions={"ar": ["المدرسة"], "ary-Arab": ["المدرسة"]})])) == []


def test_an_empty_entry_is_refused_not_a_crash(rules: Book) -> None:
    missing = {fault.rule for fault in check({}, rules, IDS)}
    assert missing == {"form_missing", "fact_missing", "topic_unknown", "few_questions", "date_missing"}


def test_each_statement_has_patterns_and_samples_in_every_form() -> None:
    assert all(set(row["patterns"]) == set(row["bad"]) == set(row["good"]) == set(FORMS) for row in STATEMENTS)


# Pasted texts


@pytest.mark.parametrize("text", ["<b>Oui</b>", "Oui<br>non", "Oui,&nbsp;ici", "**Important** : oui", "d&#39;accord"])
def test_signs_of_formatting_are_found(rules: Book, text: str) -> None:
    assert Fault("planted", "markup", "fr", "answers") in faults(rules, answers=in_all("UNHCR", fr=text))


@pytest.mark.parametrize("text", ["5 < 8 et 9 > 2", "A & B ; C", "2 * 3"])
def test_the_same_signs_in_a_sentence_are_none(rules: Book, text: str) -> None:
    assert "markup" not in kinds(rules, answers=in_all("UNHCR", fr=text))


@pytest.mark.parametrize(
    ("form", "text", "wrong"),
    [
        ("fr", "نعم، اذهب إلى المدرسة", True),
        ("ary-Latn", "سير للمدرسة ديال الحومة", True),
        ("ar", "Oui, allez à l'école", True),
        ("ary-Arab", "sir l lmdrasa dyal l7ouma", True),
        ("fr", "La carte (بطاقة الإقامة) suffit à l'école", False),
        ("ar", "اذهب إلى OFPPT أو ANAPEC", False),
        ("ar", "OFPPT", False),
        ("fr", "19 - 177", False),
    ],
)
def test_a_text_in_the_letters_of_another_form_is_found(rules: Book, form: Form, text: str, wrong: bool) -> None:
    found = [
        fault for fault in faults(rules, answers=in_all("UNHCR", **{form: text})) if fault.rule == "other_script" and fault.form == form
    ]
    assert bool(found) is wrong
