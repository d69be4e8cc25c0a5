"""What is said about a file: one remark for each thing that somebody must know, with its place."""

from dataclasses import dataclass, field

from bot.errors import ContentError
from bot.exchange.slots import Slot, Slots


@dataclass(frozen=True)
class Remark:
    """`key` is a word of the catalogues (`exchange.…`). `where`: file, sheet, cell or line. `grave`: because of it something is refused.
    `row`: the place of the row that it is about; empty: all of the entry, or of the file."""

    key: str
    where: str = ""
    detail: str = ""
    grave: bool = True
    row: str = ""


class Unreadable(ContentError):
    """A file, or a table of it, of which nothing can be taken."""

    def __init__(self, key: str, where: str = "", detail: str = "") -> None:
        super().__init__(f"exchange.{key}")
        self.remark = Remark(key, where, detail)


@dataclass(frozen=True)
class Row:
    """A row of a table, or an entry of a YAML file. `form` is empty for what is in none."""

    where: str
    entry: str
    form: str = ""
    slots: frozenset[Slot] = frozenset()


@dataclass
class Given:
    """What a file says of one entry. What is empty there is None. `seen`: the revision that the file was made from, if it says so.
    `whole`: what is not named is not there; else it stays as it is."""

    entry: str
    values: Slots = field(default_factory=dict)
    places: dict[Slot, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    seen: int | None = None
    whole: bool = False

    @property
    def where(self) -> str:
        return self.rows[0].where

    def about(self, slot: Slot, key: str, detail: str = "", grave: bool = True) -> Remark:
        """A remark on the cell of this slot."""
        row = next((row for row in self.rows if slot in row.slots), self.rows[0])
        return Remark(key, self.places.get(slot, row.where), detail[:80], grave, row.where)


@dataclass
class Read:
    """All that a file said. `remarks`: on the file itself. `nameless`: rows that are of no entry."""

    name: str
    given: dict[str, Given] = field(default_factory=dict)
    nameless: list[tuple[Row, Remark]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def of(self, entry: str) -> Given:
        return self.given.setdefault(entry, Given(entry))
