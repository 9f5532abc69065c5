"""Names for one test alone."""

import time

SIGNS = "澜岑砚曜骊霁徽珩璟昶翊铄煦沐筱桁锦棠禹楷瀚屹峤湛"


def unique_name(trade: str = "五金制品") -> str:
    """A Chinese name nobody else has: no warning of duplicates, nothing in Latin letters."""
    number = time.time_ns() // 1000
    return "宁波" + "".join(SIGNS[(number // 24**place) % 24] for place in range(6)) + trade + "有限公司"
