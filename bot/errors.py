"""The tree of our errors.

DalilError                 something a person can act on
├── SetupError             the installation lacks something; the text says what to do
├── ContentError           a content file is not as it must be
├── ModelRefused           a trained index would miss danger or understand too little; the one before stays
├── NotReady               try again: Rasa, an action or the database did not answer
├── Conflict               somebody else was faster (owner, epoch, case)
├── NotFound               no such conversation, case, entry
└── Refused                not allowed, or not acceptable input
"""


class DalilError(Exception):
    retryable = False


class SetupError(DalilError): ...


class ContentError(DalilError): ...


class ModelRefused(DalilError): ...


class NotReady(DalilError):
    retryable = True


class Conflict(DalilError): ...


class NotFound(DalilError): ...


class Refused(DalilError): ...
