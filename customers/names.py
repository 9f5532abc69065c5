"""Names as people search for them: the core of a company's name, its pinyin and initials, and the text to search in.

Pure functions. Everyone's legal name ends in 有限公司 or Ltd., and many begin with their province: what tells two
companies apart is the core in between.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import takewhile

from customers.divisions import divisions, plain_name

CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
CHINESE_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,}")
NOT_A_WORD = re.compile(r"[^0-9a-z\u00c0-\u024f\u3400-\u9fff\U00020000-\U0003ffff]+")
BRACKETS = re.compile(r"[（(\[【]([^）)\]】]*)[）)\]】]")

LEGAL_FORMS_ZH = (
    *("集团股份有限公司", "集团有限责任公司", "股份有限公司", "有限责任公司", "集团有限公司", "集团总公司"),
    *("控股有限公司", "股份合作公司", "有限合伙企业", "普通合伙企业", "合伙企业", "个人独资企业", "有限公司"),
    *("集团公司", "总公司", "分公司", "责任公司", "股份公司", "集团", "公司"),
)
LEGAL_FORMS_LATIN = frozenset(
    [
        "co",
        "company",
        "corp",
        "corporation",
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "plc",
        "pty",
        "gmbh",
        "ag",
        "kg",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "oy",
        "as",
        "kk",
        "pte",
        "sdn",
        "bhd",
        "foundation",
        "associates",
        "associate",
        "trust",
        "systems",
        "group",
        "holdings",
        "holding",
        "us",
        "in",
        "and",
    ]
)
BRACKETED_FORMS = re.compile(r"^(有限合伙|普通合伙|特殊普通合伙|集团|控股|中国|中国区|筹|个体工商户)$")
# Words that name a trade but no company: with nothing else left, the place stays in the name.
TRADES = frozenset(
    [
        "银行",
        "电力",
        "地铁",
        "机场",
        "石油",
        "石化",
        "烟草",
        "大学",
        "医院",
        "供水",
        "燃气",
        "水务",
        "公交",
        "建工",
        "建设",
        "贸易",
        "科技",
        "实业",
        "投资",
        "控股",
        "钢铁",
        "商贸",
        "港务",
        "电网",
        "农商银行",
        "农村商业银行",
        "自来水",
        "证券",
        "信托",
        "保险",
        "航空",
        "广电",
        "出版",
        "传媒",
        "日报",
        "书店",
        "粮油",
        "盐业",
        "国资",
        "轮胎",
        "化工",
        "建材",
        "医药",
        "食品",
        "服装",
        "家具",
        "物流",
        "软件",
        "电子",
        "机械",
    ]
)
# Surnames that read otherwise than the same character elsewhere.
SURNAMES = dict(
    pair.split(":")
    for pair in [
        "曾:zeng",
        "单:shan",
        "仇:qiu",
        "解:xie",
        "区:ou",
        "朴:piao",
        "查:zha",
        "盖:ge",
        "乐:yue",
        "任:ren",
        "华:hua",
        "燕:yan",
        "翟:zhai",
        "覃:qin",
        "缪:miao",
        "员:yun",
        "冼:xian",
        "洗:xian",
        "宓:mi",
        "秘:bi",
        "折:she",
        "种:chong",
        "祭:zhai",
        "逄:pang",
        "乜:nie",
        "召:shao",
        "宁:ning",
        "晁:chao",
        "於:yu",
        "繁:po",
        "黑:he",
        "纪:ji",
        "么:yao",
        "幺:yao",
        "卜:bu",
        "尉:wei",
    ]
)
# Surnames of two characters, and readings that the dictionary of phrases lacks or has otherwise.
DOUBLE_SURNAMES = {
    pair.split(":")[0]: pair.split(":")[1].split("-")
    for pair in [
        "尉迟:yu-chi",
        "万俟:mo-qi",
        "单于:chan-yu",
        "长孙:zhang-sun",
        "澹台:tan-tai",
        "令狐:ling-hu",
        "皇甫:huang-fu",
        "呼延:hu-yan",
        "夏侯:xia-hou",
        "鲜于:xian-yu",
        "宰父:zai-fu",
    ]
}
WORDS = {"长乐": ["chang", "le"], "六安": ["lu", "an"]}
LONGEST_WORD = 4


def fold(text: str) -> str:
    """Full-width letters and digits made ordinary, lower case, blanks made single."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def is_chinese(text: str) -> bool:
    return CHINESE.search(text) is not None


@lru_cache(maxsize=1)
def place_names() -> tuple[frozenset[str], frozenset[str]]:
    """Places a company's name may begin with: provinces and cities (with or without 省, 市); those and counties."""
    wide: set[str] = set()
    narrow: set[str] = set()
    for division in divisions():
        if division.level <= 2:
            wide |= {division.name_zh, plain_name(division.name_zh)}
        else:
            narrow.add(division.name_zh)
    wide = {name for name in wide if len(name) >= 2}
    return frozenset(wide), frozenset(wide | {name for name in narrow if len(name) >= 3})


@lru_cache(maxsize=20000)
def core_name(name: str, *, person: bool = False) -> str:
    """The legal name without region words and legal form: 深圳市华信科技有限公司 华信科技, 'WINC us' winc."""
    folded = fold(name)
    if person:
        return folded
    return core_chinese(folded) if is_chinese(folded) else core_latin(folded)


def core_chinese(folded: str) -> str:
    text = BRACKETS.sub(lambda match: "" if drops_out(match[1]) else match[1], folded)
    text = NOT_A_WORD.sub("", text)
    text = without_form(text)
    return without_places(text) or text or folded


def drops_out(inside: str) -> bool:
    """Whether what stands in brackets is a place or a legal form."""
    inside = inside.strip()
    return not inside or inside in place_names()[1] or BRACKETED_FORMS.match(inside) is not None


def without_form(text: str) -> str:
    """Cut the legal form off the end, as long as a name is left."""
    if text in LEGAL_FORMS_ZH:
        return text
    for form in LEGAL_FORMS_ZH:
        if text.endswith(form) and len(text) - len(form) >= 2:
            return without_form(text[: -len(form)])
    return text


def without_places(text: str) -> str:
    """Cut province, city and county off the beginning, as long as more than the name of a trade is left."""
    wide, every = place_names()
    rest, inside = text, False
    while True:
        places = every if inside else wide
        longest = next((rest[:length] for length in range(min(11, len(rest)), 1, -1) if rest[:length] in places), "")
        if not longest or len(rest) - len(longest) < 2 or rest[len(longest) :] in TRADES:
            return rest
        rest, inside = rest[len(longest) :], True


def core_latin(folded: str) -> str:
    words = NOT_A_WORD.sub(" ", folded.replace("'", "").replace(".", "")).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    while len(words) > 1 and words[-1] in LEGAL_FORMS_LATIN:
        words = words[:-1]
    return " ".join(words) or folded


@lru_cache(maxsize=65536)
def normal(syllable: str) -> str:
    """A syllable without its tone."""
    from pypinyin.contrib.tone_convert import to_normal

    return str(to_normal(syllable))


def word_at(text: str, start: int) -> list[str]:
    """The reading of the longest word that begins here; a single character reads as it does most often."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT  # half a second that most processes never need

    for length in range(min(LONGEST_WORD, len(text) - start), 1, -1):
        word = text[start : start + length]
        if word in WORDS:
            return WORDS[word]
        if word in PHRASES_DICT:
            return [normal(one[0]) for one in PHRASES_DICT[word]]
    return [normal(PINYIN_DICT.get(ord(text[start]), text[start]).split(",")[0])]


@lru_cache(maxsize=20000)
def syllables(text: str, *, person: bool = False) -> tuple[str, ...]:
    """The pinyin of a text, syllable by syllable; other letters stay as they are. A person's surname reads as one."""
    found: list[str] = []
    if person or text[1:2] in {"氏", "记", "家"}:
        if len(text) > 2 and text[:2] in DOUBLE_SURNAMES:
            found = list(DOUBLE_SURNAMES[text[:2]])
        elif len(text) > 1 and text[0] in SURNAMES:
            found = [SURNAMES[text[0]]]
    while len(found) < len(text):
        found.extend(word_at(text, len(found)))
    return tuple(found)


def spelled(text: str, *, person: bool = False) -> str:
    """Pinyin without blanks between syllables: 华信科技 huaxinkeji."""
    return "".join(syllables(text, person=person)) if is_chinese(text) else text


def initials(text: str, *, person: bool = False) -> str:
    """First letters of the syllables: 华信科技 hxkj; of the words in Latin names."""
    if is_chinese(text):
        return "".join(part[:1] if part.isalpha() else part for part in syllables(text, person=person) if part.strip())
    words = text.split()
    return "".join(word[:1] for word in words) if len(words) > 1 else ""


def sort_key(name: str, *, person: bool = False) -> str:
    """What lists of names sort by: the pinyin of the name as it is read, lower case."""
    return " ".join(spelled(NOT_A_WORD.sub(" ", fold(name)), person=person).split())[:400]


def search_text(
    *,
    code: str,
    name: str,
    short_name: str = "",
    english_name: str = "",
    other_names: str = "",
    uscc: str = "",
    foreign_number: str = "",
    person: bool = False,
) -> str:
    """Everything one finds a customer by, as words with a blank before each.

    The trigram index finds any three characters. Two Chinese characters it finds only at the beginning of a word,
    so each pair of neighbours stands there as a word of its own (`search_words` asks accordingly).
    """
    core, full = core_name(name, person=person), without_form(NOT_A_WORD.sub(" ", fold(name)).strip())
    short, others = fold(short_name), [fold(other) for other in other_names.split(";")]
    words = [fold(code), core, short, fold(english_name), uscc.lower(), fold(foreign_number), *others]
    if full != core:
        words.append(full)
    if is_chinese(full):
        words += [spelled(core, person=person), initials(core, person=person)]
    else:
        words.append(initials(core))
    for other in (short, *others):
        if is_chinese(other):
            words += [spelled(other), initials(other)]
    runs = [run for text in (core, short, *others) for run in CHINESE_RUN.findall(text)]
    pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
    return " " + " ".join(dict.fromkeys(word for word in [*words, *pairs] if word))


def search_words(text: str) -> list[str]:
    """The parts of what somebody typed, each as the piece to look for in `search_text`.

    Pieces of two characters ask for the beginning of a word, because only then the index helps.
    """
    folded = fold(text)
    if is_chinese(folded):
        folded = " ".join(without_form(word) for word in folded.split())
    return [f" {word}" if len(word) <= 2 else word for word in folded.split()]


def phone_digits(phone: str) -> str:
    """A phone number as digits to compare by: +86 and leading zeros gone; too short to mean anything is nothing."""
    main = "".join(takewhile(lambda character: character not in "extx转#", fold(phone)))
    digits = re.sub(r"\D", "", main)
    if digits.startswith("0086"):
        digits = digits[4:]
    elif digits.startswith("86") and len(digits) > 11:
        digits = digits[2:]
    digits = digits.lstrip("0")
    return digits[:20] if len(digits) >= 7 else ""
