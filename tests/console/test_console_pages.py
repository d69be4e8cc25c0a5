"""Languages, security headers, and the catalogues."""

import re
import string
from datetime import datetime, timezone
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir

from bot.directory.editing import STATUS, TEXTS
from bot.directory.holidays import KINDS as HOLIDAYS
from bot.directory.holidays import fixed
from bot.directory.hsds.osm_plan import WHY as OSM_WHY
from bot.directory.hsds.plan import STATES as HSDS_STATES
from bot.directory.search import PLACES
from bot.directory.snapshot import TRUST
from bot.directory.versions import WHY
from bot.exchange.leaving import KINDS as EXCHANGE_KINDS
from bot.exchange.plan import STATES as EXCHANGE_STATES
from bot.faq.asked import STATES as ASKED_STATES
from bot.faq.asked_trends import TABLES as ASKED_TABLES
from bot.faq.differences import COMMON, WRITTEN
from bot.faq.listing import VIEWS as ENTRY_VIEWS
from bot.faq.revisions import WHYS as REVISION_WHYS
from bot.faq.unanswered import WHYS
from bot.handoff.canned import VARIABLES
from bot.handoff.cases import OUTCOMES
from bot.handoff.facts import TOLD
from bot.handoff.notices import KINDS as NOTICES
from bot.handoff.number import REASONS
from bot.handoff.referrals import HOW
from bot.handoff.timeline import SHOWN
from bot.handoff.views import VIEWS
from bot.language.forms import FORMS, OTHER
from bot.messaging.reasons import KEYS as UNDELIVERED
from bot.settings import ROOT
from bot.staff.rights import ROLES
from bot.understanding.corpus import load_yaml
from bot.understanding.danger import KINDS
from bot.understanding.understand import Route
from console.entry_view import STEPS
from console.language import read_all
from console.menu import ITEMS
from console.pages import HERE
from console.report_tables import NAMES
from tests import audited

STANDINGS = ("live", "waiting", "draft", "review", "archived", "withdrawn")
RULES = ("form_missing", "form_unknown", "answer_long", "title_long", "fact_missing", "fact_unknown", "fact_low", "phone_unknown")
RULES += ("forbidden", "limit_not_first", "topic_unknown", "category_unknown", "few_questions", "related_unknown", "date_missing")
RULES += ("check_due", "question_twice", "title_twice", "id_twice", "amount_unknown", "meaning_changed", "source_nameless")
RULES += ("markup", "other_script")
REFERRED = ("asked", "agreed", "refused", "sent", "accepted", "declined", "done", "withdrawn")
KINDS_OF_BUBBLES = ("button", "command", "location", "contact", "contact_other", "voice", "picture", "document")
EXCHANGE = ("alias", "bad_id", "bad_version", "broken_archive", "broken_table", "broken_workbook", "broken_yaml", "changed_since")
EXCHANGE += ("code", "column_missing", "column_twice", "column_unknown", "control_character", "day", "document_type", "emptied")
EXCHANGE += ("empty_file", "empty_table", "encoding", "error_value", "hidden_sheet", "key_twice", "letters_lost", "line_in_item")
EXCHANGE += ("long_cell", "long_text", "meanwhile", "merged", "no_file", "no_id", "no_key_column", "no_table", "no_topic", "no_version")
EXCHANGE += ("not_a_list", "not_in_cell", "not_text", "not_whole", "nothing", "old_office", "older", "other_office", "password")
EXCHANGE += ("plan_changed", "responsible_stays", "row_twice", "source", "strange_member", "too_deep", "too_large")
EXCHANGE += ("too_many_members", "too_many_rows")
EXCHANGE += ("two_versions", "unknown_categories", "unknown_facts", "unknown_field", "unknown_form", "unknown_kind")
EXCHANGE += ("unknown_person", "unknown_related", "unknown_topic", "unpacks_too_large", "version_unknown", "wrong_kind")
FIELDS = ("town", "town_name", "address", "point", "hidden_place", "covers", "phones", "hours", "special_hours", "by_appointment", "free")
FIELDS += ("categories", "eligible", "languages", "accessible", "starts_on", "ends_on", "status", "verified", "sources")
FIELDS += ("last_checked", "verified_by", "attribution", "edited")
STORED = {
    "language": ("fr", "ar", "en"),
    "urgency": KINDS,
    "form": (*FORMS, OTHER),
    "reason": ("asked", "urgent", "error"),
    "state": ("waiting", "taken", "closed"),
    "outcome": (*OUTCOMES, "handed_back", "closed", "withdrawn"),
    "side": ("asker", "bot", "system", "staff", "note"),
    "kind": (*KINDS_OF_BUBBLES, "media", "start", "template"),
    "media": ("wanted", "refused", "failed"),
    "channel": ("webchat", "telegram", "whatsapp"),
    "delivery": ("queued", "held", "sent", "delivered", "read", "dead"),
    "outbox": ("not_dead", "stale"),
    "role": ("not_allowed", *ROLES),
    "safety": ("no", "unknown"),
    "problem": ("not_found", "no_page", "other", "database"),
    "case": ("taken_by_other", "not_yours", "empty_reply", "window_closed", "window_open"),
    "timeline": SHOWN,
    "undelivered": UNDELIVERED,
    "case__": ("not_safe", "not_safe_yet", "is_safe", "why_safe"),
    "note": ("empty",),
    "reading": ("ary-Latn", "ary-Arab"),
    "case_": ("moved", "not_to_them", "no_reason", "no_outcome", "no_such_topic", "not_closed", "other_open", "said_no"),
    "view": VIEWS,
    "route": get_args(Route),
    "topic": tuple(load_yaml(ROOT / "data" / "facts" / "faq-topics.yaml")),
    "sign_in": ("refused", "in_between"),
    "form_": ("stale", "unreadable"),
    "staff": ("no_such_role", "bad_email", "bad_name", "known"),
    "password": ("short", "simple", "known", "same"),
    "account": ("locked", "wrong_password"),
    "second_factor": ("wrong", "stale", "is_on", "is_off"),
    "invitation": ("gone",),
    "people": ("own_role", "own_account"),
    "action": audited.actions(),
    "hours": ("half", "no_time", "order", "overlap", "never", "unreadable", "both"),
    "days": ("order", "over", "long", "far", "no_date", "no_hours", "long_name"),
    "on_call": ("nobody", "no_time", "not_in_team", "order", "over", "far", "long", "twice"),
    "team": ("changed", "bad_name", "name_taken", "no_such_topic", "topic_taken", "minutes", "bad_email", "bad_group"),
    "actor": ("bot", "system"),
    "canned": ("changed", "gone", "name", "name_taken", "empty", "too_long", "unknown_variable"),
    "variable": VARIABLES,
    "help": ("canned", "faq", "service", "gone", "too_long"),
    "verified": TRUST,
    "state_now": ("open", "closed", "appointment", "unknown", "ramadan"),
    "why": (*PLACES, "named", "kind", "language", "for", *TRUST),
    "only": ("open", "unknown", "free", "accessible", "ended"),
    "field": (*TEXTS, "names", "description", "website", "email", *FIELDS),
    "answer": ("yes", "no", "unknown"),
    "phone": ("voice", "whatsapp"),
    "ramadan": ("unknown", "hours", "closed"),
    "service_status": STATUS,
    "holiday": HOLIDAYS,
    "fixed_holiday": tuple(f"{day:%m-%d}" for day in fixed(2026)),
    "days_": ("no_name", "known"),
    "version": WHY,
    "directory": ("changed", "unknown_value", "no_name", "too_long", "too_many", "bad_address", "bad_email", "hidden_address"),
    "directory_": (
        "no_such_place",
        "town_unlocated",
        "bad_point",
        "bad_phone",
        "outside",
        "swapped_point",
        "no_kind",
        "no_town",
        "same_name",
        "erases",
        "same_organization",
    ),
    "referral": (*REFERRED, "refused_late", "printed"),
    "referral_": ("changed", "already", "how", "not_safe", "nothing_shared", "text_changed", "not_agreed"),
    "referral_next": REFERRED,
    "referral_do": ("sent", "accepted", "declined", "done", "withdrawn"),
    "agreed_by": HOW,
    "number_": ("not_yours", "no_reason"),
    "number_reason": REASONS,
    "told": TOLD,
    "notice": NOTICES,
    "way": ("email", "telegram"),
    "way_missing": ("email", "telegram"),
    "entry_view": ENTRY_VIEWS,
    "standing": STANDINGS,
    "standing_means": STANDINGS,
    "form_is": ("missing", "check"),
    "part": (*WRITTEN, *(part for part in COMMON if part != "to_check")),
    "revision": ("new", "minor", "meaning"),
    "done": STEPS,
    "choice": ("high", "medium", "low", "gone"),
    "rule": RULES,
    "entry": ("changed", "nothing_new", "taken", "four_eyes", "faults", "no_kind", "too_long", "no_day", "half_checked", "bad_address"),
    "entry_": ("no_title", "no_topic", "bad_id", "not_to_them", "never_live", "too_many", "undecided", "not_asked", "asked_meanwhile"),
    "comment": ("empty", "too_long"),
    "settings": ("grace",),
    "trial": ("learning",),
    "exchange": EXCHANGE,
    "exchange_": ("broken_json", "nothing_known", "osm_columns", "not_hsds"),
    "osm": OSM_WHY,
    "exchange_state": EXCHANGE_STATES,
    "hsds": ("left_out", "wrong_field", "no_organization", "no_parent", "row_left_out", "fields_left_out", "hours_left_out"),
    "hsds_": ("twice", "more_cells"),
    "hsds_state": HSDS_STATES,
    "exchange_kind": EXCHANGE_KINDS,
    "exchange_field": ("to_check", "responsible"),
    "whose": ("all", "mine"),
    "user": ("entry", "service", "organization"),
    "review": ("day", "draft_waits"),
    "menu": tuple(item.label for item in ITEMS),
    "asked": ("none_chosen", "no_entry", "archived"),
    "revision_why": REVISION_WHYS,
    "asked_state": ASKED_STATES,
    "asked_is": ASKED_STATES[1:],
    "asked_why": WHYS,
    "asked_table": ASKED_TABLES,
    "asked_none": ("topic", "place"),
    "table": NAMES,
    "none": ("topic", "outcome", "urgency", "form", "place", "satisfaction", "caseworker"),
    "number": ("few", "other", "none"),
    "sheet": ("start", "now", "before", "hour", "cases", "median", "p90"),
    "spell": ("taken", "answered", "late"),
    "report": ("no_date", "no_period"),
    "satisfaction": ("1", "2", "3"),
}


@pytest.mark.parametrize("code", ["fr", "ar", "en"])
def test_a_text_stands_in_one_catalogue_only(code):
    """All are read into one: a second one would change the words of other pages."""
    found = [line for file in (HERE / "locale" / code / "LC_MESSAGES").glob("*.po") for line in file.read_text().splitlines()]
    texts = [line for line in found if line.startswith("msgid ") and line != 'msgid ""']
    assert [text for text in set(texts) if texts.count(text) > 1] == []


def _needed() -> set[str]:
    methods = [("**.html", "jinja2.ext:babel_extract")]
    in_templates = {found[2] for found in extract_from_dir(HERE / "templates", methods, keywords={"_": None})}
    return {str(m) for m in in_templates} | {f"{kind.rstrip('_')}.{value}" for kind, values in STORED.items() for value in values}


@pytest.mark.parametrize("code", ["fr", "ar", "en"])
def test_catalogues_are_complete_and_carry_nothing_unused(code):
    assert set(read_all()[code].messages) == _needed()


def test_placeholders_are_the_same_in_all_languages():
    catalogues = read_all()
    for msgid in catalogues["en"].messages:
        fields = {code: {f for _, f, _, _ in string.Formatter().parse(c.messages[msgid]) if f} for code, c in catalogues.items()}
        assert fields["fr"] == fields["ar"] == fields["en"], msgid


def test_french_first_then_what_is_chosen_and_arabic_runs_right_to_left(amina, ask):
    ask(urgency="medical")
    assert '<html lang="fr" dir="ltr">' in amina.get("/").text
    page = amina.get("/language/ar?back=/console/").text
    assert '<html lang="ar" dir="rtl">' in page and "حالة طبية طارئة" in page


def test_the_language_follows_the_person_to_the_next_device(amina, visitor):
    amina.get("/language/en")
    assert '<html lang="en"' in visitor.sign_in("amina@example.org").text


def test_the_browser_chooses_the_language_of_the_sign_in(visitor):
    assert 'dir="rtl"' in visitor.get("/sign-in", headers={"Accept-Language": "ar-MA,fr;q=0.8"}).text
    assert 'lang="fr"' in visitor.get("/sign-in", headers={"Accept-Language": "wo"}).text


def test_pages_carry_the_policy_and_nothing_inline(amina, ask):
    number = ask()
    for path in ("/", f"/cases/{number}", "/cases/999"):
        answer = amina.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r"<(?!a\s)[^>]*https?://", answer.text), "links may lead elsewhere, nothing is loaded from there"


def test_arabic_pages_have_the_arabic_comma_in_a_moment():
    at = datetime(2024, 5, 6, 9, tzinfo=timezone.utc)
    said = {code: (language.when(at), language.moment(at)) for code, language in read_all().items()}
    assert [(code, "،" in moment, "," in moment) for code, both in said.items() for moment in both] == [
        *[("fr", False, True)] * 2, *[("ar", True, False)] * 2, *[("en", False, True)] * 2
    ]  # fmt: skip


def test_static_files_are_found_under_their_versioned_address(amina):
    page = amina.get("/").text
    for address in re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page):
        answer = amina.client.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]


def test_numbers_that_nobody_called_are_named_where_somebody_can_act_on_it(amina, enter):
    missing = re.compile(r"personne n’a encore appelés.*19, 177")
    assert missing.search(enter("Samira", "supervisor").get("/teams").text) and not missing.search(amina.get("/").text)
