"""The tree of our errors.

DalilError                 something a person can act on
├── SetupError             the installation lacks something; the text says what to do
├── ContentError           a content file is not as it must be
├── ModelRefused           a trained index would miss danger or understand too little; the one before stays
├── NotReady               try again: Rasa, an action or the database did not answer
├── Conflict               somebody else was faster (owner, epoch, case)
├── NotFound               no such conversation, case, entry
├── SendError              a provider did not take a message
│   ├── TryAgain           it may take it later
│   ├── WindowClosed       it takes only templates until the person writes
│   ├── Unreachable        the person blocked us, or is gone
│   └── Rejected           it will never take this message
└── Refused                not allowed, or not acceptable input
    └── Faulty             content that breaks rules, each of them named
"""

from collections.abc import Sequence


class DalilError(Exception):
    retryable = False


class SetupError(DalilError): ...


class ContentError(DalilError): ...


class ModelRefused(DalilError): ...


class NotReady(DalilError):
    retryable = True


class Conflict(DalilError): ...


class NotFound(DalilError): ...


class SendError(DalilError): ...


class TryAgain(SendError):
    """`after`: seconds that the provider asked to wait."""

    retryable = True

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class WindowClosed(SendError): ...


class Unreachable(SendError): ...


class Rejected(SendError): ...


class Refused(DalilError): ...


class Faulty(Refused):
    """`faults`: what `bot.faq.rules.check` found."""

    def __init__(self, reason: str, faults: Sequence[object]) -> None:
        super().__init__(reason)
        self.faults = faults
