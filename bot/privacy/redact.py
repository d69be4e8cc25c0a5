"""A text without what says who wrote it: numbers, addresses, links, and names that somebody gives.

Not a proof of anonymity: who reads it may still recognise somebody by what happened. It errs on the side of taking too much."""

import re

from bot.language.normalize import clean
from bot.privacy import given_names

MARK = "[…]"
_LONG = 6  # digits from which a number may be a telephone, a passport, a file; 177, 2511, 3000 and 2026 stay
_LINK = re.compile(
    r"\b(?:https?://|www\.)\S+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|ma|fr|me|io|be|es|ly)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"[\w.+-]+\s?(?:@|\(at\)|\[at\]|\barobase\b)\s?[\w-]+(?:\s?(?:\.|\bdot\b|\bpoint\b)\s?[\w-]+)*"
    r"|(?<!\w)@\w{3,}",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<![\d./-])(?:\d{1,2}([/.-])\d{1,2}\1(?:19|20)?\d{2}|(?:19|20)\d{2}([/.-])\d{1,2}\2\d{1,2})(?![./-]?\d)")
_DIGITS = re.compile(r"(?<!\w)(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d)+(?!\w)")
_PAPER = re.compile(
    r"(?<!\w)(?!\d+(?:dhs?|drh|mad|da|eur|euros?|f?cfa)\b)"
    r"(?=[\w-]*\d(?:-?[A-Z]?-?\d){3})(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)*(?!\w)",
    re.IGNORECASE,
)
_SPLIT_PAPER = re.compile(r"(?<!\w)[A-Z]{1,3}\s\d{5,}(?!\w)")
_YEARS = re.compile(r"(?:(?:19|20)\d{2}\D{0,3})+")
_WORD = r"[^\W\d_][\w'’-]*"
_CAPITAL = r"[A-ZÀ-Þ][^\WA-ZÀ-Þ][\w'’-]*"

# After these words a name follows.
_INTRODUCED = "|".join(
    (
        r"je m\s?['’]?\s?app?el+e?s?|j['’]?m\s?appel+e?|moi c['’ ]est|mon (?:pr[eé])?nom(?: de famille| complet)? (?:est|c['’]est)",
        r"(?:il|elle|fils|fille|mari|femme|fr[eè]re|s(?:oe|œ)ur|enfant|b[eé]b[eé]) s\s?['’]?\s?app?el+e|nomm[eé]e?|au nom de",
        r"my (?:\w+ )?(?:first |last |full |family )?name(?: is|['’]s)|(?:his|her|their) (?:full )?name(?: is|['’]s)|name['’]s",
        r"i am called|(?:is|are|am) called|named",
        r"(?:ana |w |o )?(?:(?:smi|smy)(?:ya)?(?:ti|te|ty|to|tou|tha|tu|thom)|ismi|esmi)(?: (?:hiya|howa|huwa|hia|kamla))?",
        r"knit(?:i|o|ha)|3ayto? liya|kay3ayto liya",
        r"[وف]?(?:انا )?ا?سمي(?:تي|تو|ته|تها|تهم)(?: هي[اه]?| هو)?|[وف]?(?:انا )?[اإ]سم(?:ي|ه|ها|هم)(?: الكامل| العائلي| الشخصي)?(?: هو)?",
        r"كنيت(?:ي|و|ه|ها)|[وك]?[يأا]دعى|لقبي|[اأ]نا السيد[ةه]?",
    )
)
_LABELLED = "|".join(
    (
        r"(?:pr[eé])?nom(?: de famille| complet)?|(?:first |last |full |family )?name|smiya|l?ism",
        r"(?:ال)?[اإ]سم(?: الكامل| العائلي| الشخصي)?|السمية",
    )
)
_TITLED = r"m(?:me|lle|rs?|s)\.?|m\.|monsieur|madame|mademoiselle|ma[iî]tre|moulay"  # before a capital letter
# After these words a name may follow, or anything else.
_IS = r"(?:je|j['’]|moi je)\s*suis|chuis|i\s?['’]\s?m|i am"
_MAY_BE = rf"{_IS}|c['’ ]\s?est|voici|this is|it['’]s|[wo] ana|ana|hadi|hada|m3ak(?:om|oum|um)?|[وف]?[أا]نا|معاك(?:م|وم)?"
_BELONGS = "|".join(  # beginnings of what a capital letter also begins: where somebody comes from, what they believe
    (
        "mal[ie]|s[eé]n[eé]g|guin|ivoir|nig[eé]r|soud|sudan|syri|camer|congo|gamb|ghan|b[eé]nin|togo|burk|tchad|chad|gabon|lib[eéy]|sierra|maur",
        "alg[eé]r|tunis|maro|morocc|[eé]gyp|y[eé]m[eé]n|pal[eé]st|ira[kqn]|afgh|bangl|pakis|fran[cç]|europ|afri|ara[b]|musul|muslim|chr[eé]t",
        "christi|cathol|protest|juif|jew|berb|amazi|noir|black|comor|centraf|angol|rwand|burund|eritr|[eé]ryth|[eé]thiop|somal|kenya|ugand|turk|filip|philip|indi[ae]|ind[io]",
    )
)
_STREET = r"(?:rue|avenue|av\.?|bd\.?|boulevard|impasse|street|road|zan9at|zn9at|zanqat|derb|[بفل]?(?:ال)?(?:زنقة|شارع|درب))"
_NUMBERED = r"(?:n\s?[°º]\.?|num[eé]ro|no\.|ra9m|رقم)\s*"
# Here a name has ended.
_STOP = "|".join(
    (
        "et|je|j|ai|jai|suis|moi|mon|ma|mes|c|est|de|du|des|le|la|les|un|une|a|à|au|en|pour|qui|que|avec|dans|sur",
        "depuis|il|elle|on|nous|vous|merci|svp|bonjour|comment|cherche|veux|voudrais|besoin|viens|habite|ans|i|im|am",
        "and|my|from|is|are|the|to|in|at|for|with|who|have|has|need|want|live|looking|please|hello|we|he|she|but|w|o|u",
        "ana|men|mn|mni|fi|f|bghit|bghi|3andi|3ndi|khassni|khasni|kan|kanskn|kanqleb|ntiya|nta|rah|rani|dyal|salam",
        "3afak|wach|f3mri|sakn|sakna|ja|jit|و|انا|وانا|من|في|ف|بغيت|وبغيت|عندي|وعندي|خاصني|وخاصني|محتاج|محتاجه|محتاجة",
        "ومحتاج|اريد|أريد|واريد|وأريد|كنقلب|وكنقلب|كنسكن|وكنسكن|ساكن|وساكن|عمري|وعمري|ولدي|وولدي|جيت|وجيت|راني|وراني",
        "أنا|وأنا|ابحث|أبحث|وابحث|وأبحث|لدي|ديال|السلام|شكرا|عافاك|واش|هل|كيف|فين|وفين|شي|لشي|عندكم",
    )
)
_NAME = rf"{_WORD}(?:\s+(?!(?:{_STOP})(?![\w]))(?!\S*['’]){_WORD}){{0,2}}"
_NAMES = (
    re.compile(rf"(?<!\w)({_INTRODUCED})(?!\w)(\s*:?\s*)(?!(?:{_STOP})(?!\w)){_NAME}", re.IGNORECASE),
    re.compile(rf"(?<!\w)({_LABELLED})(\s*[:=]\s*){_NAME}", re.IGNORECASE),
    re.compile(rf"(?<!\w)((?i:{_TITLED}))(\s+)(?!(?i:{_STOP})(?!\w))(?=[A-ZÀ-Þ]){_NAME}"),
    re.compile(rf"(?<!\w)({_MAY_BE})(\s+)(?=(?:{given_names.LATIN}|{given_names.ARABIC})(?!\w)){_NAME}", re.IGNORECASE),
    re.compile(rf"(?<!\w)((?i:{_IS}))(\s+)(?!(?i:{_BELONGS}|(?:{_STOP})(?!\w)))(?=[A-ZÀ-Þ][^\WA-ZÀ-Þ]){_NAME}"),
    re.compile(rf"(?<!\w)((?i:{_MAY_BE}))(\s+)(?!(?i:{_BELONGS}|(?:{_STOP})(?!\w))){_CAPITAL}\s+(?!(?i:{_STOP})(?!\w)){_CAPITAL}"),
)
_PLACES = (
    re.compile(rf"(?<!\w)(?:{_NUMBERED})?\d{{1,4}}\s?(?:bis|ter)?[,\s]+{_STREET}\s+{_NAME}", re.IGNORECASE),
    re.compile(rf"(?<!\w)(?i:{_STREET})(?:\s+(?:al|el|de|du|des|la|{_CAPITAL})){{1,4}}[,\s]+(?i:{_NUMBERED})?\d{{1,4}}(?!\w)"),
    re.compile(rf"(?<!\w){_STREET}(?:\s+[\w'’-]+){{0,4}}?[,\s]+{_NUMBERED}\d{{1,4}}(?!\w)", re.IGNORECASE),
    re.compile(
        rf"(?<!\w)(?:immeuble|imm\.?|bloc|blok|appt\.?|apt\.?|appartement(?=\s+n)|عمارة|شقة|بلوك)\s*(?:{_NUMBERED})?\d{{1,4}}(?!\w)"
        r"(?!\s*(?:chambre|pi[eè]ce|room|غرف))",
        re.IGNORECASE,
    ),
)


def redacted(text: str) -> str:
    """What is left of a message for people who may not know who wrote it. `MARK` stands where something was."""
    left = clean(text)
    for pattern in (_MAIL, _LINK, _DAY, *_PLACES):
        left = pattern.sub(MARK, left)
    left = _DIGITS.sub(_number, left)
    for pattern in (_SPLIT_PAPER, _PAPER):
        left = pattern.sub(MARK, left)
    for pattern in _NAMES:
        left = pattern.sub(rf"\1\2{MARK}", left)
    return re.sub(r"\s+", " ", left).strip()


def bare(text: str) -> str:
    """A redacted text without its marks, such as an example question needs it."""
    return re.sub(r"\s+", " ", text.replace(MARK, " ")).strip()


def _number(found: "re.Match[str]") -> str:
    """A long one goes; years, also two of them, and short ones stay."""
    said = found.group()
    if sum(c.isdigit() for c in said) < _LONG or _YEARS.fullmatch(said):
        return said
    return MARK
