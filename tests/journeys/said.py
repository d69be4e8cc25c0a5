"""What people write in the journeys, by form. Written for the journeys: it is in no training file (a test compares)."""

ANSWERED = {  # a question -> the entry that must answer it
    "fr": ("Bonjour, mon bébé est né à l'hôpital d'Agadir la semaine passée, comment je fais pour le déclarer ?", "birth_register"),
    "en": ("hello, my boss has not given me my salary for two months, what can I do about it?", "work_unpaid_wages"),
    "ar": ("أنا حامل في الشهر السادس وليست عندي أوراق، أين أتابع الحمل وأين ألد؟", "health_pregnancy"),
    "ary-Arab": ("السلام، بغيت ندخل بنتي للمدرسة هاد العام، كيفاش ندير وفوقاش؟", "school_enrol"),
    "ary-Latn": ("salam, tsre9 liya lpasseport dyali f souk, chno khassni ndir daba?", "lost_passport"),
}
VAGUE = {
    "fr": "j'ai un souci avec les papiers",
    "en": "I have a problem with papers",
    "ar": "عندي مشكلة في الأوراق",
    "ary-Arab": "على قبل ديك الكارط",
    "ary-Latn": "3ndi mochkil f lwra9",
}
PLACE = {
    "fr": "où est-ce que je peux trouver une pharmacie ?",
    "en": "where can I find a pharmacy?",
    "ar": "أين أجد صيدلية؟",
    "ary-Arab": "فين نلقى شي فارماسي؟",
    "ary-Latn": "fin nl9a chi pharmacie?",
}
HOSPITAL = {
    "fr": "où se trouve un hôpital ?",
    "en": "where is a hospital?",
    "ar": "أين يوجد مستشفى؟",
    "ary-Arab": "فين كاين شي سبيطار؟",
    "ary-Latn": "fin kayn chi sbitar?",
}
TOWN = {"fr": "Inezgane", "en": "Inezgane", "ar": "إنزكان", "ary-Arab": "إنزكان", "ary-Latn": "inezgane"}
URGENT = {
    "fr": "mon mari me frappe en ce moment, il a un couteau, aidez-moi",
    "en": "help, my husband is beating me right now with a knife",
    "ar": "زوجي يضربني الآن ومعه سكين أنقذوني",
    "ary-Arab": "عتقوني راجلي كيضربني دابا وهاز موس",
    "ary-Latn": "3te9ouni rajli kaydrebni daba w hazz mouss",
}
PERSON = {
    "fr": "je veux parler à une vraie personne",
    "en": "I want to talk to a real person please",
    "ar": "أريد التحدث مع شخص حقيقي",
    "ary-Arab": "بغيت نهضر مع شي واحد بصح",
    "ary-Latn": "bghit nhder m3a chi wa7ed bsa7",
}
YES = {"fr": "oui", "en": "yes", "ar": "نعم", "ary-Arab": "اه واخا", "ary-Latn": "ah wakha"}
SECRET = {
    "fr": "je viens de Bamako et j'ai 31 ans",
    "en": "I come from Lagos and I am 31",
    "ar": "أنا من الخرطوم وعمري 31 سنة",
    "ary-Arab": "أنا من داكار وعندي 31 عام",
    "ary-Latn": "ana mn Bamako w 3ndi 31 3am",
}
DELETE = {
    "fr": "effacer mes données",
    "en": "delete my data",
    "ar": "احذف بياناتي",
    "ary-Arab": "مسح المعلومات ديالي",
    "ary-Latn": "mse7 lma3loumat dyali",
}
SWITCH = {  # a request in the form -> the form of the answers from then on
    "fr": ("english please, can we continue in english", "en"),
    "en": ("je préfère en français s'il vous plaît", "fr"),
    "ar": ("تكلم معي بالفرنسية من فضلك", "fr"),
    "ary-Arab": ("هضر معايا بالفرنسية عافاك", "fr"),
    "ary-Latn": ("hder m3aya b l3arbiya lfos7a 3afak", "ar"),
}
