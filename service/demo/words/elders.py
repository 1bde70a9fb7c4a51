"""What a worker writes after calling on an elder: from the facts of the call, never the same twice in a row.

The checklist and the text tell the same story: the text speaks of what was ticked as a worry, and of one or
two ordinary things beside it.
"""

import random
from datetime import date
from typing import Final

import msgspec

from service.demo.days import is_closed, is_heated
from service.demo.families import Family, Member
from service.demo.names import FEMALE


class Call(msgspec.Struct):
    """The facts of one call on an elder, as the checklist asks for them."""

    met: bool = True
    by_phone: bool = False
    health: str = "same"  # better, same, worse
    medicine: str = "regular"  # none_needed, regular, missed
    food: str = "enough"  # enough, plain, lacking
    heating: str = "warm"  # warm, cold, off: outside the season
    gas_is_safe: bool = True
    may_fall: bool = False
    mood: str = "calm"  # good, calm, low
    fraud: bool = False
    contact: str = "weekly"  # daily, weekly, monthly, rare, none
    child: str = "儿子"  # who of the children keeps in touch
    needs: list[str] = []


_DOING: Final = {
    "any": (
        "看电视",
        "窗边晒太阳",
        "听广播里的秦腔",
        "和面准备擀面条",
        "择韭菜",
        "刚午睡起来",
        "翻看旧相册",
        "收拾阳台上的花",
        "熬罐罐茶",
        "洗几件衣服",
        "擦桌子",
    ),
    "woman": ("纳鞋垫", "缝被面", "包扁食", "和对门邻居拉家常"),
    "man": ("刚和邻居下完象棋", "看报纸", "修理小板凳", "给花盆松土"),
    "frail": ("床头靠着听收音机", "轮椅上晒太阳", "床上歇着，见人来要坐起来", "炕上坐着剥蒜"),
    "country": ("院子里晒辣子", "刚给菜地浇完水", "捡拾柴火", "剥玉米", "门口和村里老人说话"),
}
_SPIRIT: Final = {
    "good": (
        "精神很好，主动让座倒茶",
        "心情不错，说话声音洪亮",
        "见到社工很高兴，拉着手说了好一会儿",
        "精神好，有说有笑",
    ),
    "calm": ("精神尚可", "精神状态平稳", "精神一般，对答清楚", "气色还行，思路清楚", "情绪平稳，愿意交谈"),
    "low": (
        "情绪低落，说着说着掉了眼泪",
        "话很少，问一句答一句",
        "唉声叹气，说活着没意思，陪着坐了四十多分钟才慢慢说开",
        "精神不振，说夜里睡不着，总想以前的事",
    ),
}
_HEALTH: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "高血压": {
        "regular": (
            "测血压{pressure}，降压药按时吃",
            "早上自测血压{pressure}，药没有断过",
            "血压{pressure}，控制得还可以",
        ),
        "missed": (
            "测血压{high}，降压药断了{days}天，说是忘了开",
            "血压{high}，偏高，老人嫌药贵，自己减了半片",
        ),
    },
    "糖尿病": {
        "regular": ("空腹血糖{sugar}，二甲双胍按时服用", "血糖控制在{sugar}左右，忌口做得不错"),
        "missed": ("空腹血糖{sugar_high}，药吃完{days}天没续上", "最近没忌口，空腹血糖到了{sugar_high}"),
    },
    "冠心病": {
        "regular": ("近期没有胸闷，丹参滴丸随身带着", "上二楼要歇一次，胸口没有疼过"),
        "missed": ("说前两天胸闷过一次，没吃药扛过去了，已叮嘱一定要备好速效救心丸",),
    },
    "慢性支气管炎": {
        "regular": ("早晚咳嗽有痰，比上个月轻些", "天一冷就咳，雾化在社区卫生服务中心做"),
        "missed": ("咳得厉害，晚上躺不平，舍不得去医院",),
    },
    "脑梗后遗症": {
        "regular": ("左手仍使不上劲，坚持每天扶着桌子走二十圈", "说话比上次清楚些，阿司匹林在吃"),
        "missed": ("走路拖腿比上次明显，复查一直没去",),
    },
    "类风湿关节炎": {
        "regular": ("手指关节变形，早上僵得握不住筷子，中午会好些", "关节疼，贴膏药能顶一阵"),
        "missed": ("止痛药没了，靠热毛巾敷，夜里疼醒",),
    },
    "膝关节退行性病变": {
        "regular": ("膝盖疼，上下楼要扶墙", "膝盖贴着膏药，拄拐能走到小区门口"),
        "missed": ("膝盖肿着，自己买的药吃了胃不舒服就停了",),
    },
    "白内障": {
        "regular": ("右眼看东西发雾，已排队做手术", "看人只能看个影子，药盒是社工用大字写的标签"),
        "missed": ("眼药水用完了，把盐当成糖放过一次",),
    },
    "肺心病": {
        "regular": ("走几步就喘，制氧机每天吸四个小时", "嘴唇有点发紫，说比冬天好多了"),
        "missed": ("嫌电费贵，制氧机没怎么开，喘得厉害",),
    },
}
_OTHER_ILLNESS: Final[dict[str, tuple[str, ...]]] = {
    "regular": ("{illness}，按医嘱吃药复查", "{illness}，病情稳定，上周刚复查过"),
    "missed": ("{illness}，该复查了一直拖着", "{illness}，药断了{days}天"),
}
_WELL: Final = ("身体硬朗，自己买菜做饭", "没有大病，就是睡眠浅", "身体没有明显不适", "近期体检各项都还正常")
_FRAIL: Final = ("起身走路要人扶", "多数时间在床上，翻身要帮", "吃饭能自己端碗，洗澡要人帮")
_CHANGE: Final = {
    "better": ("比上次来时好些", "比上个月有劲了"),
    "worse": ("比上次消瘦", "腿脚不如上次", "说最近一个月身上没劲", "上周感冒发烧三天，现在还咳"),
}
_FOOD: Final = {
    "enough": (
        "冰箱里有菜有肉",
        "早上刚买了菜",
        "邻居送来的包子冻了两袋",
        "米面油都有",
        "中午在社区助餐点打饭",
    ),
    "plain": ("一天两顿，多是浆水面", "吃得简单，馍馍就咸菜", "一锅饭吃两天，劝了多回"),
    "lacking": ("厨房里只剩半袋面和几个洋芋", "冰箱空着，老人说腿疼没法下楼买菜"),
}
_HEATING: Final = {
    "warm": ("暖气足，屋里{degrees}度", "屋里暖和，{degrees}度左右"),
    "cold": (
        "屋里只有{cold}度，暖气片摸着不热，已报社区联系热力公司",
        "没交暖气费，靠电褥子取暖，屋里{cold}度",
    ),
}
_STOVE: Final = {
    "warm": ("炉子生得旺，烟筒上周刚通过", "炕烧得热，烟筒通畅"),
    "cold": ("煤只剩一小堆，炉子舍不得生，屋里{cold}度", "炉子漏烟，报警器没电，已换电池并叮嘱开窗"),
}
_GAS: Final = (
    "燃气软管老化发硬，已联系燃气公司上门更换",
    "灶具没有熄火保护，锅底烧糊过两次",
    "厨房堆着纸箱离灶台太近，帮着挪开了",
    "插线板串着用，电线发热，已换新的",
)
_STOVE_HAZARD: Final = (
    "炉子边上堆着柴草，帮着挪开了",
    "一氧化碳报警器没有装，已登记",
    "电褥子用了十来年，线皮开裂",
)
_FALL: Final = (
    "卫生间没有扶手，地砖湿滑",
    "门槛高，上个月绊过一跤，膝盖还青着",
    "楼道灯坏了，晚上不敢出门",
    "拖鞋底磨平了，给换了防滑的",
    "床边没有抓的地方，起身困难",
)
_FRAUD: Final = (
    "说有人打电话让存{money}元当“养老项目”，已劝住并登记，告诉民警反诈电话96110",
    "桌上有几盒保健品，听课领鸡蛋买的，花了{money}元，已和老人算了账",
    "收到“医保卡停用”的短信差点点进去，当面教了怎么认",
)
_CONTACT: Final = {
    "daily": ("{child}每天打电话", "{child}住得近，天天过来看一眼"),
    "weekly": ("{child}每周来一趟", "{child}周末视频", "{child}隔几天就打电话问"),
    "monthly": ("{child}一个月来一回", "{child}忙，一个月打一两次电话"),
    "rare": ("{child}半年没有回来，电话也少", "{child}过年以后没露面，老人嘴上说不怪"),
    "none": ("没有子女，平时只和邻居来往", "和{child}断了来往，说起来就不作声"),
}
_AWAY: Final = ("在{away}务工的{child}{often}", "{child}在{away}，{often}")
_OFTEN: Final = {
    "daily": "天天视频",
    "weekly": "每周来一次电话",
    "monthly": "每月打一两次电话",
    "rare": "过年都没回来",
    "none": "已断了联系",
}
CHILDREN: Final = ("儿子", "女儿", "大女儿", "小儿子", "大儿子", "二女儿")
_NEXT: Final = {
    "medical": "下周陪同到医院复查",
    "medicine": "下周陪同到社区卫生服务中心取药量血压",
    "daily_care": "已和街道日间照料中心对接上门助浴",
    "meals": "帮老人登记了助餐",
    "aids": "申请一副助行器，联系志愿者装扶手",
    "heating": "跟进暖气问题",
    "company": "请邻居志愿者每周来陪着说说话",
    "income": "核对低保和高龄津贴到账情况",
    "safety": "下次复查安全隐患",
    "none": "下月照常探访",
}
_UNMET: Final = (
    "家中无人，门口放着刚买的菜。晚上电话联系上，老人在广场看人下棋忘了时间，约好下周二再来。",
    "上门未遇，电话关机，请楼长留意，当天傍晚回了电话，说去医院取药了。",
    "敲门三次无人应答，邻居说老人去{child}家住几天，电话联系上本人，一切安好。",
    "上门未遇，网格员说老人住院了，已联系{child}，在省二院做检查。",
)
_UNANSWERED: Final = (
    "电话三次未接通，请网格员上门看望，人在家，没听见铃声。",
    "电话关机，托楼长敲门，回话说老人好着，手机没电了。",
)
_CLOSED: Final = ("因疫情不能入户，电话探访。", "静态管理期间电话联系。", "小区封控，打电话问候。")


_BY_PHONE: Final = ("电话探访。", "老人外出，改为电话联系。", "社工外出培训，先打电话问候。")


def findings(
    chance: random.Random, elder: Member, family: Family, on: date, call: Call, is_rural: bool
) -> str:
    """What the worker noted about this call, in two to six sentences."""
    pick = chance.choice
    if not call.met:
        unmet = _UNANSWERED if call.by_phone else _UNMET if family.absent != "no_children" else _UNMET[:2]
        return pick(unmet).format(child=call.child)
    said = [_opening(chance, elder, call, on, is_rural)]
    said.append(_health(chance, elder, call))
    home = []
    if is_heated(on) and not call.by_phone and (call.heating == "cold" or chance.random() < 0.4):
        table = _STOVE if is_rural else _HEATING
        home.append(
            pick(table[call.heating]).format(degrees=chance.randint(18, 24), cold=chance.randint(9, 14))
        )
    if call.food != "enough" or chance.random() < 0.45:
        home.append(pick(_FOOD[call.food]))
    if not call.gas_is_safe:
        home.append(pick(_STOVE_HAZARD if is_rural else _GAS))
    if call.may_fall:
        home.append(pick(_FALL))
    if home:
        said.append("，".join(home) + "。")
    if family.form != "three_generations" and (call.contact in ("rare", "none") or chance.random() < 0.5):
        said.append(_contact(chance, family, call) + "。")
    if call.fraud:
        said.append(pick(_FRAUD).format(money=pick((980, 1600, 2000, 3980, 5000))) + "。")
    wanted = next((need for need in call.needs if need in _NEXT), "none")
    if wanted != "none" or chance.random() < 0.35:
        said.append(_NEXT[wanted] + "。")
    return "".join(said)


def _opening(chance: random.Random, elder: Member, call: Call, on: date, is_rural: bool) -> str:
    spirit = chance.choice(_SPIRIT[call.mood])
    if call.by_phone:
        spirit = chance.choice(
            ("接电话声音清楚，情绪平稳", "接得很快，说天天盼着电话", "说话有些急，怕买不上药")
        )
        if call.mood == "low":
            spirit = "说一个人闷得慌，聊了半个多小时"
        return f"{chance.choice(_CLOSED if is_closed(on) else _BY_PHONE)}老人{spirit}。"
    doing = list(_DOING["any"]) + list(_DOING["woman" if elder.sex == FEMALE else "man"])
    if elder.lost_self_care >= 3:
        doing = list(_DOING["frail"])
    elif is_rural:
        doing += _DOING["country"] * 2
    called = (
        f"{elder.name[0]}{'奶奶' if elder.sex == FEMALE else '爷爷'}" if chance.random() < 0.5 else "老人"
    )
    if elder.nationality == "04":
        called = "老人"
    when = chance.choice(("到访时", "上门时", "进门时", "今天去时"))
    return f"{when}{called}正在{chance.choice(doing)}，{spirit}。".replace("正在刚", "刚")


def _health(chance: random.Random, elder: Member, call: Call) -> str:
    if elder.illness is None:
        if call.health == "worse":
            return chance.choice(_CHANGE["worse"]) + "。"
        line = chance.choice(_WELL if elder.lost_self_care < 2 else _FRAIL)
    else:
        taken = "missed" if call.medicine == "missed" else "regular"
        first = elder.illness.split("、")[0]
        lines = _HEALTH.get(first, _OTHER_ILLNESS)[taken]
        line = chance.choice(lines).format(
            illness=elder.illness,
            days=chance.randint(2, 9),
            pressure=f"{chance.randint(126, 148)}/{chance.randint(72, 90)}",
            high=f"{chance.randint(162, 188)}/{chance.randint(94, 108)}",
            sugar=f"{chance.uniform(5.6, 7.4):.1f}",
            sugar_high=f"{chance.uniform(9.2, 13.8):.1f}",
        )
    if call.health != "same":
        line += "，" + chance.choice(_CHANGE[call.health])
    return line + "。"


def _contact(chance: random.Random, family: Family, call: Call) -> str:
    child = call.child
    if family.absent == "no_children":
        return _CONTACT["none"][0]
    if family.away and call.contact != "none":
        return chance.choice(_AWAY).format(away=family.away, child=child, often=_OFTEN[call.contact])
    lines = _CONTACT[call.contact]
    return (lines[1] if call.contact == "none" else chance.choice(lines)).format(child=child)
