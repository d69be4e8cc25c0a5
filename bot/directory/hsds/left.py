"""What of a file becomes no part of a record: each row and each field of it is told."""

from collections.abc import Iterator

from bot.directory.hsds.record import Its
from bot.directory.hsds.tables import FIELDS, LINKS, Fault, Line, Tables

RECORDS = ("organizations", "services")
WORDS = ("taxonomies", "taxonomy_terms")  # what uses them is told itself
PARENTS = {"service_id": "services", "organization_id": "organizations", "location_id": "locations"}
Told = tuple[str, Line, str, Fault]  # table, row, state, remark


class Over:
    """`known`: ids by table that a row may refer to; `words`: ids of our taxonomies and terms. `stayed`: ids of services that the file
    has under another organisation."""

    def __init__(self, its: Its, known: dict[str, set[str]], words: set[str]) -> None:
        self.tables, self.its, self.known, self.words = its.tables, its, known, words
        self.same: dict[int, set[str]] = {}
        self.stayed = set[str]()

    def compare(self, ours: Tables) -> None:
        """What a row says as our own export of the record would is nothing to tell."""
        for table, lines in ours.items():
            held = self.tables.get(table, {})
            for row, mine in ((held[key].row, line.row) for key, line in lines.items() if key in held):
                self.same[id(row)] = {name for name, value in mine.items() if row.get(name) == value}
                if row == mine:
                    self.its.take([row])

    def told(self, refused: set[str]) -> Iterator[Told]:
        """`refused`: the ids of records that are named as such."""
        for table in sorted(set(self.tables) & set(FIELDS) - {*WORDS}):
            for line in self.tables[table].values():
                if table not in RECORDS or str(line.row.get("id")) not in refused:
                    yield from self._of(table, line)
        for table in sorted(set(self.tables) - set(FIELDS) | (set(self.tables) & {*WORDS})):
            yield from self._table(table, self.tables[table])

    def _of(self, table: str, line: Line) -> Iterator[Told]:
        fault = line.fault or self._no_parent(table, line)
        more = set(line.row) - FIELDS[table] - LINKS - self.same.get(id(line.row), set())
        more |= {"organization_id"} if line.row.get("id") in self.stayed else set()
        if fault:
            yield table, line, "refused", fault
        elif table not in RECORDS and id(line.row) not in self.its.taken:
            yield table, line, "left_out", ("hsds.hours_left_out" if table == "schedules" else "hsds.row_left_out", table)
        elif more:
            yield table, line, "left_out", ("hsds.fields_left_out", ", ".join(sorted(more)))

    def _no_parent(self, table: str, line: Line) -> Fault | None:
        wrong = [name for name, of in PARENTS.items() if line.row.get(name) and str(line.row[name]) not in self.known[of]]
        return ("hsds.no_parent", wrong[0]) if wrong and table != "services" else None

    def _table(self, table: str, lines: dict[str, Line]) -> Iterator[Told]:
        """Of many rows that mean nothing here, their number."""
        yield from ((table, line, "refused", line.fault) for line in lines.values() if line.fault)
        others = [line for key, line in lines.items() if key not in self.words and not line.fault]
        if others:
            yield table, Line(others[0].where, {}), "left_out", ("hsds.left_out", f"{table}: {len(others)}")
