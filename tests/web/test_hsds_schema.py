"""The read API does what its own description says: to requests made from that description, valid ones and broken ones."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode

from bot.db import Database
from bot.directory.seed import import_directory
from bot.settings import ROOT, Settings
from tests.site import site
from web import hsds

DATA = ROOT / "data"
SINGLE = ("services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms")
PATHS = ["/", *(f"/{name}" for name in SINGLE), *(f"/{name}/{{id}}" for name in SINGLE)]


@pytest.fixture
def schema(db: Database) -> Iterator[BaseSchema]:
    with db.begin() as session:
        import_directory(session, DATA)
    yield schemathesis.openapi.from_asgi(f"{hsds.PATH}/openapi.json", site(db, Settings(data_dir=DATA)))


def test_every_address_is_asked(schema: BaseSchema) -> None:
    assert sorted(schema.raw_schema["paths"]) == sorted(PATHS)


ASKED = [(path, mode) for path in PATHS for mode in GenerationMode if path != "/" or mode.is_positive]  # nothing can be wrong in "/"


@pytest.mark.parametrize(("path", "mode"), ASKED)
def test_answers_are_as_described(schema: BaseSchema, path: str, mode: GenerationMode) -> None:
    operation = schema[path]["GET"]

    @settings(max_examples=15)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case: Case = data.draw(operation.as_strategy(generation_mode=mode))
        case.call_and_validate()

    ask()
