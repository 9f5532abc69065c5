"""Invented names of customers, teams and reps for the load generator: any likeness to a real firm is chance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PROVINCES = (
    ("110000", "北京市", "Beijing"),
    ("310000", "上海市", "Shanghai"),
    ("320000", "江苏省", "Jiangsu"),
    ("330000", "浙江省", "Zhejiang"),
    ("370000", "山东省", "Shandong"),
    ("440000", "广东省", "Guangdong"),
    ("510000", "四川省", "Sichuan"),
    ("610000", "陕西省", "Shaanxi"),
)
TEAMS = (
    ("华东一部", "East China 1"),
    ("华东二部", "East China 2"),
    ("华南部", "South China"),
    ("华北部", "North China"),
    ("西部", "West China"),
    ("海外部", "Overseas"),
)
REPS = (
    ("周明远", "沈嘉怡", "Anna Berg", "陆子豪", "顾晓彤"),
    ("蒋文博", "韩雪", "许天佑", "Daniel Osei", "曹梦瑶"),
    ("林志强", "黄美玲", "梁俊杰", "Maria Silva", "罗颖"),
    ("王海涛", "李静怡", "张宏伟", "刘思雨", "Peter Lang"),
    ("马晓东", "杨丽娟", "赵国庆", "白玉梅", "Ivan Petrov"),
    ("Grace Tan", "Omar Haddad", "Lucy Marsh", "陈卓然", "Kenji Mori"),
)
CITIES = (
    ("苏州", "suzhou"),
    ("宁波", "ningbo"),
    ("东莞", "dongguan"),
    ("青岛", "qingdao"),
    ("成都", "chengdu"),
    ("无锡", "wuxi"),
    ("佛山", "foshan"),
    ("西安", "xian"),
    ("杭州", "hangzhou"),
    ("常州", "changzhou"),
)
SYLLABLES = (
    ("恒", "heng"),
    ("瑞", "rui"),
    ("达", "da"),
    ("鑫", "xin"),
    ("宏", "hong"),
    ("泰", "tai"),
    ("盛", "sheng"),
    ("华", "hua"),
    ("信", "xin"),
    ("联", "lian"),
    ("远", "yuan"),
    ("创", "chuang"),
    ("德", "de"),
    ("凯", "kai"),
    ("博", "bo"),
    ("锐", "rui"),
    ("科", "ke"),
    ("力", "li"),
    ("通", "tong"),
    ("源", "yuan"),
)
TRADES = (
    ("精密机械", "jingmi jixie"),
    ("电子科技", "dianzi keji"),
    ("新材料", "xin cailiao"),
    ("包装制品", "baozhuang zhipin"),
    ("医疗器械", "yiliao qixie"),
    ("汽车配件", "qiche peijian"),
    ("纺织", "fangzhi"),
    ("食品", "shipin"),
    ("建材", "jiancai"),
    ("仪器仪表", "yiqi yibiao"),
)
LATIN_FIRST = ("North", "Silver", "Amber", "Green", "Harbour", "Stone", "Cedar", "River", "Iron", "Summit")
LATIN_SECOND = ("field", "bridge", "gate", "port", "wood", "line", "crest", "mark", "ford", "dale")
LATIN_TRADES = ("Tooling", "Polymers", "Instruments", "Textiles", "Foods", "Optics", "Packaging", "Castings")
LATIN_SUFFIX = ("Ltd", "GmbH", "Inc.", "Pte Ltd", "S.A.")


@dataclass(frozen=True)
class Name:
    """A legal name, its core without place and legal form, and what it sorts by."""

    text: str
    core: str
    pinyin: str


def customers(count: int) -> Iterator[Name]:
    """`count` names, four Chinese ones to each Latin one, the same on every machine."""
    rng = np.random.default_rng(13)
    draws = rng.integers(0, 1_000_000, size=(count, 6)).tolist()
    for a, b, c, d, e, f in draws:
        if f % 5 == 0:
            brand = LATIN_FIRST[a % 10] + LATIN_SECOND[b % 10]
            trade = LATIN_TRADES[c % 8]
            text = f"{brand} {trade} {LATIN_SUFFIX[d % 5]}"
            yield Name(text, f"{brand} {trade}".lower(), text.lower())
        else:
            city, city_pinyin = CITIES[a % 10]
            parts = [SYLLABLES[b % 20], SYLLABLES[c % 20], SYLLABLES[d % 20]]
            trade, trade_pinyin = TRADES[e % 10]
            brand = "".join(part for part, _ in parts)
            brand_pinyin = " ".join(part for _, part in parts)
            yield Name(
                f"{city}{brand}{trade}有限公司",
                f"{brand}{trade}",
                f"{city_pinyin} {brand_pinyin} {trade_pinyin} youxian gongsi",
            )
