"""No index is put to use that misses danger or understands too little."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ModelRefused
from bot.language.forms import known
from bot.language.normalize import clean
from bot.understanding import danger
from bot.understanding.corpus import load_yaml

if TYPE_CHECKING:
    from bot.understanding.index import Index

ACCURACY = 0.75  # of left-out sentences; it stood at 0.88 when this was written
ALONE = 0.7  # share of each kind that the model must notice without the patterns: a class that was lost shows here
Golden = Mapping[str, Mapping[str, Sequence[str]]]  # kind of danger -> form -> messages


def check(index: "Index", data_dir: Path) -> None:
    """`ModelRefused` with all reasons."""
    found = list(faults(index, load_yaml(data_dir / "urgency" / "golden.yml")))
    if found:
        raise ModelRefused("The new model is refused; the one before stays. " + " ".join(found))


def faults(index: "Index", golden: Golden) -> Iterator[str]:
    if index.calibration.accuracy < ACCURACY:
        yield f"Of the left-out sentences {index.calibration.accuracy:.2f} are right, {ACCURACY} are needed."
    for kind, forms in golden.items():
        said = [text for texts in forms.values() for text in texts]
        sensed = _sensed(index, said)
        silent = [text for text, seen in zip(said, sensed) if not seen and not index.alarm.kind(text)]
        if silent:
            yield f"{kind}: does not ring for {'; '.join(silent)}."
        if sum(sensed) < ALONE * len(said):
            yield f"{kind}: without the patterns only {sum(sensed)} of {len(said)} messages ring."


def _sensed(index: "Index", texts: Sequence[str]) -> list[bool]:
    """Whether the model alone finds danger in each of these texts; all of a form are read at once."""
    seen = [clean(text) for text in texts]
    forms = [known(index.forms.detect(text)[0]) for text in seen]
    readings = {form: iter(index.read([t for t, f in zip(seen, forms) if f == form], form)) for form in set(forms)}
    return [danger.mass(next(readings[form]).found) >= index.calibration.urgent for form in forms]
