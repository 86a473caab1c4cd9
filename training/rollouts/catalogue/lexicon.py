"""Small word lists of English and Chinese that every shop shares: no brand, no range."""

from __future__ import annotations

from training.rollouts.catalogue.words import stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


# A word before one of these names what it is for: a laptop lock is no laptop.
PARTS = _stems(
    "accessory adapter adaptor bag battery bracket bulb cable cap cartridge case charger "
    "connector converter cord cover cradle dock docking drum enclosure film filter folio "
    "fuser holder holster housing ink installation kit label lamp lens license lid lock mount "
    "mounting pen pouch protection protector reader refill remote replacement roller service "
    "shell skin sleeve stand strap stylus tip toner wallmount warranty"
)
PARTS_CJK = (
    "保护壳", "充电器", "数据线", "保护膜", "钢化膜", "电源线", "替换装", "遥控器", "收纳袋",
    "支架", "配件", "耗材", "墨盒", "硒鼓", "贴膜", "包装", "壳", "套", "膜", "包", "架", "线",
    "盖", "贴",
)  # fmt: skip
COLOURS = _stems(
    "beige black blue brown clear colour gold gray green grey multicolour orange pink purple "
    "red silver transparent violet white yellow"
)
COLOURS_CJK = ("黑", "白", "红", "蓝", "绿", "灰", "银", "金", "粉", "紫", "黄", "透明")
# What follows the word that names a thing, without being named by it.
AFTER = _stems(
    "and at by from in of on to via w with without for pack set series edition pc pcs"
)
PURPOSE = _stems("for compatible fits f")
PURPOSE_CJK = ("适用", "兼容", "用于", "通用")
WITH = frozenset({"with", "w", "incl", "including", "include", "plus"})
STOP = _stems(
    "a an and any are at best buy by for from good in is it my of on or our some the to want "
    "with your please need looking top cheap"
)
STOP_CJK = frozenset("的和与或及了吗买要")
NEGATIONS = frozenset({"without", "no", "not", "non", "except", "minus"})
FREE = frozenset({"free"})
NEGATION_CJK = r"不含|不要|不带|不是|无(?!线|绳|人|印|限)|非(?!常)|免(?!费)"
YES = frozenset({"yes", "true", "y", "是", "有", "支持"})
NO = frozenset({"no", "false", "n", "none", "0", "否", "无", "不支持", "没有"})
BRAND_NAMES = frozenset({"brand", "manufacturer", "supplier", "make", "vendor", "品牌", "厂商"})
PRICE_NAMES = ("price", "价格", "售价", "单价")
