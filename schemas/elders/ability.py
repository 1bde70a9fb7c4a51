"""The answers of an ability assessment of elders (老年人能力评估): the code of each is its points.

GB/T 42195-2022 has 26 items in four groups. What each answer stands for is said here in short, in our own
words; who assesses holds the standard in hand. The most points of each item, 90 in all, and the least points
of each level stand in `figures`.
"""

from typing import Final

from schemas.codes import CodeTable

SOURCE: Final = "GB/T 42195-2022"


class Independence(CodeTable, zh="完成情况", en="How far alone", source=SOURCE):
    """Of acts of daily life, and of moving about."""

    ALONE = "4", "独立完成", "Alone"
    TOLD = "3", "需他人提示或看护", "Told or watched"
    SOME = "2", "需部分协助，自己为主", "With some help, mostly alone"
    MUCH = "1", "主要靠他人，自己能配合", "Mostly by others, taking part"
    NONE = "0", "完全靠他人", "By others alone"


class Eating(CodeTable, zh="进食", en="Eating", source=SOURCE):
    """Food brought to the mouth and swallowed."""

    ALONE = "4", "独立进食，无呛咳", "Alone, without choking"
    TOLD = "3", "需提示或使用辅具，无呛咳", "Told, or with aids, without choking"
    SOME = "2", "需少量协助，或每月有呛咳", "With some help, or choking every month"
    MUCH = "1", "需大量协助，或每周有呛咳", "With much help, or choking every week"
    NONE = "0", "完全靠他人、吞咽困难或留置胃管", "By others, with trouble swallowing, or by tube"


class Continence(CodeTable, zh="大小便控制", en="Continence", source=SOURCE):
    """Of bladder and bowel."""

    FULL = "4", "自行控制", "Full"
    MOSTLY = "3", "偶有不便，自行处理", "Mostly, sees to it alone"
    PARTLY = "2", "每周有失控，或需少量协助", "Lost every week, or with some help"
    SELDOM = "1", "每天有失控，或需大量协助", "Lost every day, or with much help"
    NONE = "0", "完全失控，或留置导管", "None, or a catheter"


class Walking(CodeTable, zh="平地行走", en="Walking", source=SOURCE):
    """About fifty metres on level ground."""

    ALONE = "4", "独立行走约 50 米，无跌倒风险", "Alone, without risk of falling"
    AIDED = "3", "需看护或使用助行器具", "Watched, or with an aid"
    SOME = "2", "需少量扶持", "With some support"
    MUCH = "1", "需大量扶持", "With much support"
    NONE = "0", "不能步行", "Cannot walk"


class Stairs(CodeTable, zh="上下楼梯", en="Stairs", source=SOURCE):
    """Ten to fifteen steps without a break."""

    ALONE = "3", "独立完成", "Alone"
    TOLD = "2", "需他人提示或看护", "Told or watched"
    SOME = "1", "需部分协助，自己为主", "With some help, mostly alone"
    NONE = "0", "主要或完全靠他人", "Mostly or wholly by others"


class MindState(CodeTable, zh="受损程度", en="How far impaired", source=SOURCE):
    """Of orientation, memory, understanding, expression and dealing with people."""

    SOUND = "4", "正常", "Sound"
    SLIGHT = "3", "轻度下降", "Slightly"
    MODERATE = "2", "中度下降", "Moderately"
    SEVERE = "1", "重度下降", "Severely"
    LOST = "0", "完全丧失", "Lost"


class SeenLately(CodeTable, zh="近一个月内", en="In the last month", source=SOURCE):
    """Aggression, depression."""

    NO = "1", "未出现", "Not seen"
    YES = "0", "出现过", "Seen"


class Consciousness(CodeTable, zh="意识水平", en="Consciousness", source=SOURCE):
    """Coma is noted by itself as well: it decides the level."""

    CLEAR = "2", "神志清醒", "Clear"
    DROWSY = "1", "嗜睡或意识模糊", "Drowsy or confused"
    STUPOR = "0", "昏睡或昏迷", "In stupor or coma"


class SenseState(CodeTable, zh="感官", en="Sense", source=SOURCE):
    """Sight with glasses, hearing with a hearing aid, where they are used."""

    GOOD = "2", "正常", "Good"
    POOR = "1", "下降", "Poor"
    LOST = "0", "严重下降或丧失", "Very poor, or lost"


class GettingAbout(CodeTable, zh="乘车出行", en="Getting about", source=SOURCE):
    """By cycle, bus or taxi."""

    ALONE = "3", "能骑车或乘公共交通", "By cycle or bus, alone"
    TAXI = "2", "能独自乘出租车", "By taxi, alone"
    WITH_OTHERS = "1", "有人陪同可乘公共交通", "By bus, with somebody"
    NONE = "0", "只能由他人用车接送，或不能外出", "Only driven by others, or not at all"


class AbilityLevel(CodeTable, zh="老年人能力等级", en="Level of ability", rising=True, source=SOURCE):
    """From able to completely dependent."""

    ABLE = "0", "能力完好", "Able"
    MILD = "1", "轻度失能", "Mildly impaired"
    MODERATE = "2", "中度失能", "Moderately impaired"
    SEVERE = "3", "重度失能", "Severely impaired"
    COMPLETE = "4", "完全失能", "Completely dependent"


class AssessmentReason(CodeTable, zh="评估原因", en="Reason of the assessment", source=SOURCE):
    """Why the elder was assessed now."""

    FIRST = "first", "首次评估", "First"
    REGULAR = "regular", "常规评估", "Regular"
    CHANGE = "change", "状况变化后的即时评估", "After a change"
    DOUBT = "doubt", "对结果有疑问的复评", "In doubt of a result"
    OTHER = "other", "其他", "Other"


ITEMS: Final[dict[str, dict[str, type[CodeTable]]]] = {
    "self_care": {
        "eating": Eating,
        "grooming": Independence,
        "bathing": Independence,
        "dressing_above": Independence,
        "dressing_below": Independence,
        "bladder": Continence,
        "bowel": Continence,
        "toilet": Independence,
    },
    "movement": {"bed": Independence, "transfer": Independence, "walking": Walking, "stairs": Stairs},
    "mind": {
        "time": MindState,
        "place": MindState,
        "people": MindState,
        "memory": MindState,
        "understanding": MindState,
        "expression": MindState,
        "aggression": SeenLately,
        "depression": SeenLately,
        "consciousness": Consciousness,
    },
    "senses": {
        "sight": SenseState,
        "hearing": SenseState,
        "affairs": Independence,
        "transport": GettingAbout,
        "company": MindState,
    },
}
"""The items by group, in the order of the standard, with the table of each one's answers."""

ALL_ITEMS: Final = tuple(name for group in ITEMS.values() for name in group)


def most(table: type[CodeTable]) -> int:
    """The most points that an item with these answers can be given."""
    return max(int(answer.code) for answer in table)
