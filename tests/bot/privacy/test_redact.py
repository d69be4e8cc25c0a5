"""What says who somebody is goes, in five forms; what somebody asks stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.redact import MARK, bare, redacted
from bot.settings import ROOT
from bot.understanding.corpus import seed_sentences

GONE = [  # text, what must not be left of it
    ("Appelez-moi au 06 12 34 56 78 svp", "06 12 34"),
    ("mon numero +212 6-12-34-56-78", "212"),
    ("whatsapp 0033612345678", "3361"),
    ("call me on (+212) 612.345.678", "612"),
    ("nmra dyali 0612345678", "0612"),
    ("رقمي ٠٦١٢٣٤٥٦٧٨", "0612"),
    ("رقم الهاتف 06.12.34.56.78", "06.12"),
    ("mon passeport AB1234567 est périmé", "AB1234567"),
    ("passport no. X 1234567", "1234567"),
    ("carte A-123456-B perdue", "123456"),
    ("numéro de dossier 23X45678", "23X45678"),
    ("mon CIN est jb123456", "jb123456"),
    ("né le 12/03/1994 à Conakry", "1994"),
    ("born 1994-03-12", "1994"),
    ("écrivez à awa.diallo@gmail.com", "diallo"),
    ("email: awa (at) gmail.com", "awa"),
    ("awa arobase gmail point com", "gmail"),
    ("mon insta @awa_diallo224", "awa_diallo"),
    ("regarde https://facebook.com/awa.diallo?x=1", "diallo"),
    ("www.mapage.ma/awa c'est moi", "awa"),
    ("t.me/awadiallo", "awadiallo"),
    ("Bonjour je m'appelle Awa Diallo et je cherche une école", "Diallo"),
    ("je m’appelle awa, comment inscrire ma fille", "awa"),
    ("je mapelle moussa traore je viens du mali", "traore"),
    ("Moi c'est Ibrahim, je veux la carte", "Ibrahim"),
    ("mon nom est KONÉ Aminata", "Aminata"),
    ("mon fils s'appelle Yao et il a 6 ans", "Yao"),
    ("Nom : Camara Sékou", "Camara"),
    ("je suis avec Mme Fatou Sow", "Fatou"),
    ("my name is John Okafor and I need a doctor", "Okafor"),
    ("My name's blessing i am from nigeria", "blessing"),
    ("her name is Precious", "Precious"),
    ("Name: Grace Mensah", "Mensah"),
    ("my daughter is called Joy", "Joy"),
    ("smiti Moussa w bghit nkhdem", "Moussa"),
    ("ana smiti fatoumata", "fatoumata"),
    ("salam smyti ibrahim diallo bghit wra9", "ibrahim"),
    ("weldi smito Adam", "Adam"),
    ("bnti smitha Awa w 3andha 6 snin", "Awa"),
    ("سميتي موسى وبغيت نخدم", "موسى"),
    ("انا سميتي فاطمة من مالي", "فاطمة"),
    ("ولدي سميتو آدم", "ادم"),
    ("اسمي محمد علي وأريد التسجيل", "محمد"),
    ("إسمي عائشة", "عائشة"),
    ("ابنتي اسمها مريم", "مريم"),
    ("الاسم: يوسف كمارا", "يوسف"),
    ("أنا السيد إبراهيم", "إبراهيم"),
    ("je suis Aminata Diallo et je cherche un travail", "Diallo"),
    ("Je suis Konaté, je viens du Mali", "Konaté"),
    ("bonjour je suis aminata diallo de guinée", "aminata"),
    ("c'est Moussa Traoré qui vous écrit", "Traoré"),
    ("I'm Joseph Kone from Ivory Coast", "Joseph"),
    ("hello i am blessing okafor i need help", "okafor"),
    ("this is Grace Mensah", "Mensah"),
    ("ana Fatima mn guinée", "Fatima"),
    ("salam ana moussa keita bghit nkhdem", "keita"),
    ("أنا فاطمة من السودان", "فاطمة"),
    ("السلام معاك محمد العلوي بغيت نسول", "محمد"),
    ("j'habite 12 rue Ibn Sina hay Salam", "Ibn Sina"),
    ("rue de Fès, numéro 14, Inezgane", "14"),
    ("sakn f zan9at 5 n° 22", "22"),
    ("ساكن فزنقة ابن سينا رقم 12", "12"),
    ("immeuble 4 appt 12", "12"),
    ("الشقة: عمارة 7 شقة 3", "7"),
]
KEPT = [  # text of which nothing may go
    "Comment inscrire mon fils à l'école en 2026 ?",
    "un monsieur me demande 3000dh pour les papiers",
    "docteur sans papiers",
    "واحد السيد فالسوق كيبيع الوراق",
    "année scolaire 2025/2026 ou 2026-2027",
    "le 19, le 177, le 2511 et le 8350",
    "combien coûte la carte, 3000 dh ou 10 000 dh ?",
    "3afak fin kayn tbib 9rib l 7ay salam",
    "chno khassni n3awd l wra9 dyali",
    "how long is a visa for 90 days, 3 months?",
    "واش خاصني 3 ديال الوراق ولا 4",
    "ما اسم الوثيقة المطلوبة",
    "what is the name of the office?",
    "c'est quoi le nom du bureau",
    "chnou smiyt lma7kama",
    "أريد التسجيل في المدرسة",
    "je suis Malien et je cherche un travail",
    "Je suis malade, je suis enceinte",
    "JE SUIS MALADE ET SEULE",
    "I am Nigerian, I'm pregnant",
    "c'est Agadir ou Inezgane ?",
    "this is urgent",
    "je dors dans la rue depuis 3 mois",
    "l'avenue est à 2 km",
    "un appartement 2 chambres à 1500 dh",
    "ana mrid w 3yan",
    "ana mn mali",
    "أنا مريض وتعبان",
    "أنا حامل فالشهر الثامن",
    "زنقة عامرة، 3 ديال الناس",
]


@pytest.mark.parametrize(("text", "secret"), GONE)
def test_what_says_who_somebody_is_goes(text: str, secret: str) -> None:
    left = redacted(text)
    assert secret.lower() not in left.lower() and MARK in left


@pytest.mark.parametrize("text", KEPT)
def test_what_somebody_asks_stays(text: str) -> None:
    assert MARK not in redacted(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("je m'appelle Awa Diallo et je cherche une école", f"je m'appelle {MARK} et je cherche une école"),
        ("my name is John and I need a doctor", f"my name is {MARK} and I need a doctor"),
        ("smiti Moussa w bghit nkhdem", f"smiti {MARK} w bghit nkhdem"),
        ("سميتي موسى وبغيت نخدم", f"سميتي {MARK} وبغيت نخدم"),
        ("اسمي محمد علي وأريد التسجيل", f"اسمي {MARK} وأريد التسجيل"),
    ],
)
def test_a_name_ends_where_the_question_begins(text: str, left: str) -> None:
    assert redacted(text) == left


def test_an_example_question_carries_no_mark() -> None:
    assert bare(f"je m'appelle {MARK} , où est l'école {MARK}") == "je m'appelle , où est l'école"


def test_of_our_own_example_questions_almost_nothing_goes() -> None:
    """They name nobody: what is taken from them would be lost for editors."""
    said = [s.text for s in seed_sentences(ROOT / "data")]
    touched = [text for text in said if MARK in redacted(text)]
    assert len(touched) < 0.003 * len(said), touched[:40]


@given(st.text(max_size=300))
def test_any_text_is_read_and_twice_is_once(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@given(st.integers(100_000_000, 999_999_999), st.sampled_from(["{}", "tel:{}", "+212{}", "0{} merci", "رقمي {}", "({})"]))
def test_no_telephone_number_is_left(number: int, around: str) -> None:
    assert str(number) not in redacted(around.format(number))
