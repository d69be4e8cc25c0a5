"""Icons of Lucide, drawn into the page: nothing is loaded for them, and they take the colour of the words beside them."""

from functools import lru_cache

from lucide import lucide_icon
from markupsafe import Markup

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'  # needed in a file of its own, not in a page


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """Hidden from screen readers: a word always stands beside it."""
    drawn = lucide_icon(name, cls="icon", width="18", height="18")
    return Markup(drawn.replace(_NAMESPACE, ' aria-hidden="true"', 1))
