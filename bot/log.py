"""The log of our processes: lines that start with a mark, so that the launcher can tell them from what libraries say.

No text of a person and no address is ever logged: ids, routes and times only.
"""

import logging
import sys

MARK = "dalil: "


def configure() -> None:
    """Our loggers (`dalil.*`) write to standard output, whatever a framework does to the root logger."""
    ours = logging.getLogger("dalil")
    if ours.handlers:
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(MARK + "%(asctime)s %(message)s", "%H:%M:%S"))
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
