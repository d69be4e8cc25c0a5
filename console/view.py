"""What the parts of a case page are made from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.settings import Settings
from bot.tables import Case, Conversation, Staff


@dataclass(frozen=True)
class View:
    """One look at a case, inside of one transaction. `lang`: the language of the page; `before`: only what is not newer."""

    session: Session
    person: Staff
    case: Case
    conversation: Conversation
    lang: str
    settings: Settings
    before: datetime | None = None

    @property
    def mine(self) -> bool:
        """This person answers."""
        return self.case.state == "taken" and self.case.assignee_id == self.person.id

    @property
    def form(self) -> str:
        """The written form in which the person is answered."""
        return self.conversation.form or self.case.form or "fr"
