"""What becomes of one row of a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.directory.hsds.record import Values
from bot.directory.hsds.tables import Fault


@dataclass
class Outcome:
    """What becomes of one row. `fields`: columns that change; `kept`: that a person has written, so they stay. `remark`: a key
    (`hsds.…`) and the field it is about: what the field says is never repeated. `before`: what is written here of all of these; `offered`:
    what the file says of those that stay; `written`: those of `kept` that a person wrote or checked. `doubts`: what would be written and is
    hardly right. `other`: the service here that the remark is about, its id and what it is called. `kinds`: by which it is told
    when it has no name."""

    where: str
    table: str
    key: str
    state: str
    row_id: str = ""
    owner: str = ""
    values: Values = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    remark: Fault | None = None
    seen: str = ""
    names: Values = field(default_factory=dict)
    before: Values = field(default_factory=dict)
    offered: Values = field(default_factory=dict)
    written: tuple[str, ...] = ()
    doubts: tuple[Fault, ...] = ()
    other: tuple[str, Values] | None = None
    kinds: Sequence[str] = ()
