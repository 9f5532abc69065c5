"""Words for units of goods in both languages: where one is given, the other is known of the usual ones."""

ENGLISH = {
    "个": "pc", "件": "pc", "只": "pc", "支": "pc", "根": "pc", "条": "pc", "块": "pc", "片": "pc", "台": "unit",
    "辆": "unit", "套": "set", "组": "set", "对": "pair", "双": "pair", "批": "lot", "包": "pack", "袋": "bag",
    "瓶": "bottle", "桶": "drum", "罐": "can", "盒": "box", "箱": "carton", "卷": "roll", "张": "sheet", "米": "m",
    "平方米": "m²", "立方米": "m³", "升": "L", "克": "g", "千克": "kg", "公斤": "kg", "吨": "t", "次": "time",
    "人": "person", "小时": "hour", "天": "day", "月": "month", "年": "year",
}  # fmt: skip
CHINESE = {
    "pc": "件", "pcs": "件", "piece": "件", "pieces": "件", "unit": "台", "units": "台", "set": "套", "sets": "套",
    "pair": "双", "lot": "批", "pack": "包", "bag": "袋", "bottle": "瓶", "drum": "桶", "can": "罐", "box": "盒",
    "carton": "箱", "roll": "卷", "sheet": "张", "m": "米", "m²": "平方米", "m³": "立方米", "l": "升", "g": "克",
    "kg": "千克", "t": "吨", "hour": "小时", "day": "天", "month": "月", "year": "年",
}  # fmt: skip


def in_both(chinese: str, english: str) -> tuple[str, str]:
    """A unit in Chinese and in English; a word that is not given is the known one, else the same for both."""
    return chinese or CHINESE.get(english.lower(), english), english or ENGLISH.get(chinese, chinese)
