"""Administrative divisions of China (GB/T 2260): provinces from our own list, what lies below from python-stdnum.

No database here: `customers.lists` loads these into the Region table, `customers.names` cuts them off company names.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

DATA = Path(__file__).parent / "data"
# Level-two entries that only gather counties and are no place of their own.
GATHERING = re.compile(r"^(市辖区|县|林区|(?:省|自治区)直辖县级行政.*)$")
LINE = re.compile(r'^(?P<indent> *)(?P<code>\d+) \w+="(?P<names>.*)"$')
VALID = re.compile(r"^\[(?P<since>\d*)-(?P<until>\d*)\](?P<name>.*)$")
KINDS = re.compile(
    r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|自治旗|地区|省|市|盟|县|区|旗)$"
)
PEOPLES = [
    "朝鲜族",
    "土家族",
    "苗族",
    "藏族",
    "羌族",
    "彝族",
    "布依族",
    "侗族",
    "壮族",
    "傣族",
    "白族",
    "哈尼族",
    "景颇族",
    "傈僳族",
    "回族",
    "蒙古族",
    "哈萨克族",
    "蒙古",
    "柯尔克孜族",
    "维吾尔族",
    "满族",
    "瑶族",
    "畲族",
    "黎族",
    "纳西族",
    "拉祜族",
    "佤族",
    "布朗族",
    "水族",
    "仡佬族",
    "土族",
    "撒拉族",
    "东乡族",
    "保安族",
    "哈萨克",
    "裕固族",
    "各族",
    "仫佬族",
    "毛南族",
    "独龙族",
    "怒族",
    "普米族",
    "达斡尔族",
    "鄂温克族",
    "锡伯族",
    "塔吉克族",
    "柯尔克孜",
    "塔吉克",
    "锡伯",
    "达斡尔",
]


@dataclass(frozen=True)
class Division:
    """A province (level 1), city (2) or county (3) with the codes of what it lies in."""

    code: str
    name_zh: str
    name_en: str
    level: int
    parent: str | None
    province: str | None


@lru_cache(maxsize=1)
def provinces() -> tuple[Division, ...]:
    with (DATA / "provinces.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Division(row["code"], row["name_zh"], row["name_en"], 1, None, None) for row in csv.DictReader(file)
        )


@lru_cache(maxsize=1)
def divisions() -> tuple[Division, ...]:
    """Every division in force today: provinces, cities, counties, each after what it lies in."""
    found = {division.code: division for division in provinces()}
    for code, name in packaged_places():
        if code in found or GATHERING.match(name):
            continue
        province, city = f"{code[:2]}0000", f"{code[:4]}00"
        level = 2 if code.endswith("00") else 3
        parent = city if level == 3 and city in found else province
        found[code] = Division(code, name, english_name(name), level, parent, province)
    return tuple(sorted(found.values(), key=lambda division: (division.level, division.code)))


def packaged_places() -> Iterator[tuple[str, str]]:
    """Codes and names that are in force, from the table python-stdnum checks identity cards with.

    Its lines read `  0110 county="[-1991]东郊区,[1992-]东丽区"`: a name with an end is history.
    """
    province = ""
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        if not match["indent"]:
            province = match["code"]
            continue
        for part in match["names"].split(","):
            dated = VALID.match(part)
            name = part if dated is None else dated["name"] if not dated["until"] else ""
            if name and match["code"] != "0000":
                yield province + match["code"], name


def english_name(name: str) -> str:
    """Latin form of a city's or county's name: 石家庄市 Shijiazhuang, 延边朝鲜族自治州 Yanbian Prefecture."""
    short, kind = plain_name(name), ""
    for ending, word in (("自治州", " Prefecture"), ("自治县", " County"), ("盟", " League"), ("县", " County")):
        if name.endswith(ending) and short != name:
            kind = word
            break
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(short)).capitalize() + kind


def plain_name(name: str) -> str:
    """A place without what kind of place it is: 深圳市 深圳, 内蒙古自治区 内蒙古."""
    short = KINDS.sub("", name)
    if name.endswith(("自治州", "自治县", "自治旗")):
        before = ""
        while before != short:
            before = short
            for people in PEOPLES:
                if short.endswith(people) and len(short) > len(people) + 1:
                    short = short[: -len(people)]
    return short if len(short) >= 2 else name
