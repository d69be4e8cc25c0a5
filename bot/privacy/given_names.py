"""Given names that are common among the people who write to us: where no capital letter shows that a name follows, these do.

Names that are words of every day too ("سعيد", "Hope") are left out or stand in Latin letters only: they are looked for after "I am" alone.
"""

LATIN = (
    "aboubacar|abdou|abdoul|abdoulaye|abdallah|abdelkarim|abdelkrim|abdellah|abdelaziz|abdelkader|abdelrahman|abderrahman|abdulrahman|abdullah"
    "|abraham|achta|adama|adamou|adam|adja|adjoua|affoue|ahmad|ahmed|aicha|aichatou|aissa|aissata|aissatou|aisha|akissi|alassane|alhassane|ali"
    "|alpha|alseny|amadou|aminata|amina|aminatou|amine|amira|amy|anas|anta|arame|arafat|assa|assetou|astou|awa|aya|ayoub|aziz|aziza|bakari|bakary"
    "|bassirou|bilal|bineta|bintou|binta|blessing|boubacar|brahim|brigitte|cheick|cheikh|chiamaka|chidi|chika|chinedu|chioma|christelle|coumba"
    "|daouda|demba|diarra|dieynaba|djeneba|djibril|ebuka|ebrima|elhadj|emeka|emmanuel|ernestine|esther|fadi|faith|fallou|fanta|fatim|fatima"
    "|fatimata|fatma|fatou|fatoumata|fatoumatou|favour|fode|fousseni|gaston|goodness|grace|habib|hadja|hafsa|haja|halima|hamid|hamidou|hamza"
    "|hanane|hassan|hassane|hawa|hicham|hussein|ibrahim|ibrahima|idriss|idrissa|ifeoma|ikram|ines|inza|ismael|ismail|ismaila|issa|issouf|jamal"
    "|janet|jean|joel|john|joseph|josue|joy|kadiatou|kadidia|kadija|karim|karima|kelechi|khadija|khadidja|khady|khaled|khalid|khalil|koffi|kofi"
    "|konan|kossi|kouadio|kouame|kwame|lamine|lassana|latifa|laila|leila|loveth|mado|mahamadou|mahamat|mahmoud|makan|malick|mama|mamadou|mamady"
    "|mariam|mariama|marie|maryam|mehdi|mercy|miriam|modou|mohamadou|mohamed|mohammad|mohammed|mouhamed|mouhamadou|moussa|mouctar|mounir|muhammad"
    "|musa|mustafa|mustapha|nabil|nadia|nafi|naima|nene|ngozi|nnamdi|noura|obinna|oluwaseun|omar|oumar|oumou|oumy|ousmane|ousman|ousseynou|osman"
    "|othman|pape|patience|patrick|paul|peter|precious|rachid|rahma|ramata|ramatoulaye|rania|rokia|rokhaya|sadio|safiatou|said|saidou|saidu|salif"
    "|salifou|salimata|salma|samba|samir|samira|samuel|sanaa|sarah|sekou|seydou|sidiki|sira|sophie|souleymane|sory|suleiman|tidiane|tarek|thierno"
    "|uche|usman|victoria|yacouba|yahya|yasmine|yassine|yaya|yero|youssef|youssouf|yousra|yusuf|zahra|zainab|zakaria|zeinab|zeynab|zineb|zouhair"
)
ARABIC = (
    "محمد|احمد|أحمد|محمود|مصطفى|يوسف|إبراهيم|ابراهيم|إسماعيل|اسماعيل|إدريس|ادريس|موسى|عيسى|عمر|عثمان|علي|حسن|حسين|حمزة|بلال|آدم|ادم|خالد"
    "|طارق|سمير|نبيل|رشيد|هشام|ياسين|زكرياء|زكريا|أيوب|ايوب|أنس|انس|عبدالله|عبد الله|عبدالرحمن|عبد الرحمن|عبدالعزيز|عبد العزيز|عبدالكريم"
    "|عبد الكريم|سليمان|داود|مامادو|أمادو|امادو|بوبكر|ابوبكر|أبوبكر|فاطمة|فاطيمة|فاطمه|فاتو|فاتوماتا|عائشة|عائشه|عيشة|خديجة|خديجه|مريم"
    "|مارياما|أمينة|امينة|أميناتا|اميناتا|زينب|حليمة|حليمه|سميرة|كريمة|لطيفة|نادية|نعيمة|حنان|سناء|سلمى|سارة|ساره|ليلى|رانيا|ياسمين|هدى|رحمة"
)
