"""Two people, or one and an import, change the same place at once; what a change means for what was verified."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from bot.db import Database
from bot.directory import editing
from bot.directory.editing import Change
from bot.directory.seed import import_directory
from bot.tables import Organization, Service, Staff
from tests.bot.directory.saved import DATA, EMPTY, OWNER, save
from tests.story import AtOnce, hire, result, until, waiting_for_a_lock


@pytest.mark.parametrize("what", ["saved", "checked", "end", "new"])
def test_a_service_and_its_organisation_are_saved_at_once(db: Database, zineb: Staff, key: str, what: str) -> None:
    def other() -> None:
        with db.begin() as session:
            seen = editing.version(session.get_one(Service, key))
            if what in ("saved", "new"):
                about = ("", key) if what == "saved" else ("org", "")
                editing.save_service(session, zineb, about, Change({**EMPTY, "hours": "24/7"}, seen), DATA)
            else:
                {"checked": editing.checked, "end": editing.end}[what](session, zineb, key, seen)

    with AtOnce(1) as others:
        with db.begin() as session:
            owner = session.scalars(select(Organization).filter_by(id="org").with_for_update()).one()
            saving = others.start(other)
            until(lambda: waiting_for_a_lock(db) == 1)
            editing.save_organization(session, zineb, "org", Change(OWNER | {"website": "https://amal.example"}, editing.version(owner)))
        result(saving)
    with db.begin() as session:
        assert session.get_one(Organization, "org").website == "https://amal.example"


def test_an_import_and_an_editor_at_once(db: Database, zineb: Staff, tmp_path: Path) -> None:
    def written(name: str) -> None:
        (tmp_path / "directory").mkdir(exist_ok=True)
        seeds = [{"id": key, "names": {"fr": name}, "website": "", "email": "", "services": []} for key in ("a", "b")]
        (tmp_path / "directory" / "all.yml").write_text(yaml.safe_dump(seeds), encoding="utf-8")
        with db.begin() as session:
            import_directory(session, tmp_path)

    written("before")
    with AtOnce(1) as others:
        with db.begin() as session:
            b = session.scalars(select(Organization).filter_by(id="b").with_for_update()).one()
            importing = others.start(written, "after")
            until(lambda: waiting_for_a_lock(db) == 1)
            editing.save_organization(session, zineb, "b", Change(OWNER, editing.version(b)))
        result(importing)
    with db.begin() as session:
        assert [session.get_one(Organization, key).names["fr"] for key in ("a", "b")] == ["after", "Amal"]


# --- Verified by whom


def vouched(row: Service) -> tuple[str, str, bool]:
    return row.verified, row.verified_by, row.last_checked is not None


def test_whoever_says_that_it_is_verified_stands_by_it(db: Database, zineb: Staff, key: str) -> None:
    assert vouched(save(db, zineb, key)) == ("partly", "", False)
    assert vouched(save(db, zineb, key, verified="verified", hours="24/7")) == ("verified", "Zineb", True)
    assert vouched(save(db, hire(db, "Ali", "editor"), key)) == ("verified", "Zineb", True)


@pytest.mark.parametrize(
    "changed", [{"phones": [{"number": "0528", "kind": "voice", "note": ""}]}, {"offers": {"fr": "Tout"}}, {"free": True}]
)
def test_a_change_ends_what_another_verified(db: Database, zineb: Staff, key: str, changed: dict[str, Any]) -> None:
    save(db, zineb, key, verified="verified")
    ali = hire(db, "Ali", "editor")
    assert vouched(save(db, ali, key, **changed)) == ("partly", "", True)
    with db.begin() as session:
        editing.checked(session, ali, key, editing.version(session.get_one(Service, key)))
    assert vouched(save(db, ali, key)) == ("verified", "Ali", True)


@pytest.mark.parametrize(
    ("changed", "left"), [({"status": "paused"}, ("verified", "Zineb")), ({"verified": "name-only"}, ("name-only", ""))]
)
def test_what_is_no_content_does_not_and_less_trust_has_no_name(db: Database, zineb: Staff, key: str, changed: Any, left: Any) -> None:
    save(db, zineb, key, verified="verified")
    assert vouched(save(db, hire(db, "Ali", "editor"), key, **changed)) == (*left, True)
