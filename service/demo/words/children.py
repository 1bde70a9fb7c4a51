"""What a worker writes after seeing a child: from the facts of the visit, as `elders.py` does for elders."""

import random
from datetime import date
from typing import Final

import msgspec

from service.demo.days import is_school_holiday
from service.demo.families import Family, Member
from service.demo.names import FEMALE


class Visit(msgspec.Struct):
    """The facts of one visit, as the checklist asks for them."""

    kind: str = "home"  # home, phone, school
    met: bool = True
    seen_alone: bool = True
    attendance: str = "regular"  # preschool, regular, often_absent, not_attending
    mood: str = "good"  # good, low, anxious
    contact: str = "weekly"  # daily, weekly, monthly, rare, none
    is_bullied: bool = False
    screen: str = "moderate"  # little, moderate, much
    home_is_safe: bool = True
    water_is_safe: bool = True
    vaccinated: bool = True
    money: str = "enough"  # enough, tight, lacking
    guardian_is_willing: bool = True
    needs: list[str] = []


_OPENING: Final = {
    "home": (
        "放学后到家中，{name}正在写作业，{mood}",
        "放学后上门，{name}正帮{carer}{chore}，{mood}",
        "跟着{name}一起从学校走回家，{mood}",
        "上门时{name}刚放下书包，{mood}",
    ),
    "holiday": (
        "假期上门，{name}正帮{carer}{chore}，{mood}",
        "上门时{name}在{play}，{mood}",
        "进门时{name}刚起床，{carer}在做饭，{mood}",
        "假期走访，{name}正在写假期作业，{mood}",
    ),
    "small": (
        "上门时{name}在地上玩积木，{small_mood}",
        "{carer}抱着{name}开的门，{name}{small_mood}",
        "进门时{name}在看动画片，{carer}在厨房忙，{name}{small_mood}",
    ),
    "phone": ("电话联系，{carer}先接，再和{name}说了十来分钟，{voice}", "线上视频看望{name}，{voice}"),
    "small_phone": (
        "线上视频看望，{carer}抱着{name}，{name}{small_mood}",
        "电话联系{carer}，说{name}吃得好睡得好",
    ),
    "school": ("在学校见了{name}，班主任在场说了近况，{mood}", "课间到学校看望{name}，{mood}"),
}
_PLAY: Final = ("院子里跳绳", "楼下和同学踢球", "看手机里的短视频", "画画", "沙发上看书", "门口打羽毛球")
_CHORE: Final = ("择菜", "扫院子", "端饭", "晾衣服", "包饺子")
_MOOD: Final = {
    "good": ("爱说爱笑", "比上次大方，主动给社工看作业本", "状态不错", "见面就叫“社工阿姨”", "情绪平稳"),
    "low": ("低着头不怎么说话", "眼睛红红的，问了半天才说和同学闹了别扭", "话少，只点头摇头"),
    "missing": ("低着头不怎么说话", "眼睛红红的，问了半天才说想爸妈", "话少，问到爸妈就不吭声"),
    "anxious": ("说话时不停抠手指", "一提考试就着急", "说晚上怕黑，睡不踏实"),
}
_VOICE: Final = {
    "good": ("声音清亮，问啥答啥", "说了不少学校的事", "情绪平稳"),
    "low": ("话少，只嗯了几声", "不愿多说，由{carer}代答"),
    "anxious": ("说几句就想挂电话", "说晚上怕黑，睡不踏实"),
}
_SMALL_MOOD: Final = {
    "good": ("不认生，拉着社工的手", "笑着躲在门后"),
    "low": ("一直黏着大人，不肯松手", "蔫蔫的，不爱动"),
    "anxious": ("见生人就哭", "抱着布娃娃不说话"),
}
_SCHOOL: Final = {
    "infant": ("还没上幼儿园，白天{carer}带", "{carer}白天一个人带，走不开"),
    "preschool": ("在社区幼儿园上{kinder}班，愿意去", "上幼儿园{kinder}班，老师说吃饭睡觉都好"),
    "regular": (
        "上{grade}，作业能按时交",
        "上{grade}，老师说上课比上学期专心",
        "上{grade}，语文好些，数学跟不上",
        "上{grade}，期中考了班里第{rank}名",
        "上{grade}，没有缺课",
    ),
    "often_absent": (
        "上{grade}，这个月缺了{days}天课，{carer}说叫不起来",
        "上{grade}，经常迟到，班主任打过两次电话",
    ),
    "not_attending": (
        "{grade}没有去上，在家待了{days}天，说不想念了",
        "从{grade}起就没怎么到校，已和学校、教育局对接",
    ),
}
_GRADES: Final = (
    "一年级",
    "二年级",
    "三年级",
    "四年级",
    "五年级",
    "六年级",
    "初一",
    "初二",
    "初三",
    "高一",
    "高二",
    "高三",
)
_CONTACT: Final = {
    "daily": ("和{parent}每天视频",),
    "weekly": ("{parent}每周打两三次视频，{name}愿意聊", "周末和{parent}视频，说一周的事"),
    "monthly": ("{parent}忙，一个月打一两次电话", "{parent}换了工地，信号不好，电话少了"),
    "rare": ("{parent}半年没有回来过，电话也少，{name}说“打了也不知道说啥”",),
    "none": ("和{parent}没有联系，提起来就不说话",),
}
_SMALL_CONTACT: Final = {
    "daily": "和{parent}每天视频",
    "weekly": "{parent}每周视频几次",
    "monthly": "{parent}一个月视频一两次，有些认生",
    "rare": "{parent}半年没有回来过",
    "none": "和{parent}没有联系",
}
_NO_PARENT: Final = ("不愿提起爸妈，书包里装着一张全家照", "说起爸妈，{name}低头不作声，社工没有再问")
_SCREEN: Final = ("每天看手机三个多小时，{carer}说管不住", "晚上玩游戏到十一二点，已和{name}商量了“手机约定”")
_HAZARD: Final = (
    "开水壶放在低处，帮着挪开了",
    "阳台窗户没有护栏，已登记申请加装",
    "电线从床头拉过去，插座松动",
    "刀剪随手放在茶几上",
)
_WATER: Final = ("放学路上要过一段没护栏的渠，叮嘱结伴走大路", "说暑假想去河里玩水，当面讲了防溺水“六不”")
_BULLIED: Final = (
    "悄悄说班里有人给起外号、抢文具，已约班主任面谈",
    "说有高年级学生堵在厕所门口要钱，当天联系了学校",
)
_MONEY: Final = {
    "tight": ("家里主要靠低保和零工", "这学期资料费还欠着"),
    "lacking": ("冬衣短了一截，鞋底开了胶", "午饭常常只吃个饼子"),
}
_CARER: Final = (
    "{carer}年纪大，辅导不了作业，盼着能有志愿者",
    "{carer}说{name}懂事，就是不爱说话",
    "{carer}愿意管，就是脾气急，爱拿别人家孩子比",
)
_GRANDPARENT: Final = (
    "和{carer}聊了隔代教育，建议少说“再不听话就不要你了”",
    "{carer}怕摔怕碰，不让{name}下楼，劝多和同学一起玩",
    "{carer}疼孩子，要啥买啥，商量了零花钱怎么给",
)
_UNWILLING: Final = ("{carer}身体不好，说带一天算一天", "{carer}说“实在撑不住了”，说着直抹眼泪")
_ALONE: Final = (
    "单独聊了{minutes}分钟，没有发现异常",
    "单独和{name}说了会话，{name}说在家里睡得好",
    "请{carer}回避，单独聊了{minutes}分钟",
)
_NEXT: Final = {
    "tutoring": "给报了社区四点半课堂",
    "mental": "约心理老师下周见面",
    "company": "请大学生志愿者结对",
    "safety": "下次复查安全隐患",
    "income": "核对助学金和生活补贴申请",
    "guardianship": "约监护人参加家长课堂",
    "none": "继续按期探访",
}
_UNMET: Final = (
    "上门未遇，{carer}说孩子去补课了，改约周末。",
    "{name}随{carer}回老家几天，电话里说了几句，一切都好。",
    "家中无人，电话联系{carer}，孩子在亲戚家。",
)


def _parent(chance: random.Random, family: Family) -> str | None:
    """Who of the parents lives elsewhere and may be heard of, as the child says it."""
    if family.absent == "father_works":
        return f"在{family.away}的爸爸"
    if family.absent == "parents_work":
        return f"在{family.away}" + chance.choice(("打工的爸妈", "的妈妈", "的爸爸"))
    if family.form == "grandparents" and family.gone is not None:
        return f"在{family.away}打工的" + ("妈妈" if family.gone == "father" else "爸爸")
    if family.absent == "divorce":
        return "爸爸" if family.gone == "father" else "妈妈"
    return None


def carer_of(family: Family) -> Member:
    """Who looks after the children at home: the first grown woman of the household, or its head."""
    grown = [member for member in family.members if not member.is_minor]
    women = [member for member in grown if member.sex == FEMALE]
    return (women or grown or [family.head])[0]


def title(carer: Member, family: Family) -> str:
    """What a child calls the one who looks after them."""
    woman = carer.sex == FEMALE
    if family.form == "grandparents" or carer.relation in ("mother", "father"):
        return "奶奶" if woman else "爷爷"
    return "妈妈" if woman else "爸爸"


def grade_of(child: Member, on: date) -> str | None:
    """The school class in which a child of that age sits; None before school."""
    years = on.year - child.born.year - (child.born.month > 8) - (on.month < 9) - 6
    return _GRADES[years] if 0 <= years < len(_GRADES) else None


def findings(chance: random.Random, child: Member, family: Family, on: date, visit: Visit) -> str:
    """What the worker noted about this visit, in two to six sentences."""
    pick = chance.choice
    carer = title(carer_of(family), family)
    grade = grade_of(child, on)
    name = child.name if len(child.name) < 3 or chance.random() < 0.3 else child.name[1:]
    words = {
        "name": name,
        "carer": carer,
        "chore": pick(_CHORE),
        "play": pick(_PLAY),
        "mood": pick(_MOOD["missing" if visit.mood == "low" and family.absent else visit.mood]),
        "small_mood": pick(_SMALL_MOOD[visit.mood]),
        "grade": grade or "",
        "voice": pick(_VOICE[visit.mood]).format(carer=carer),
        "kinder": "小中大"[min(max(child.age(on) - 3, 0), 2)],
        "rank": str(chance.randint(4, 38)),
        "days": str(chance.randint(4, 12)),
        "minutes": str(chance.choice((5, 8, 10, 15))),
        "away": family.away or "外地",
    }
    if not visit.met:
        return pick(_UNMET).format_map(words)
    is_small = grade is None and child.age(on) < 8
    kind = visit.kind
    if kind == "home":
        kind = "small" if is_small else "holiday" if is_school_holiday(on) else "home"
    if is_small and kind == "phone":
        kind = "small_phone"
    said = [pick(_OPENING[kind])]
    first = []
    if not grade and visit.attendance != "preschool":
        first.append(
            pick(("今年高中毕业，在等录取通知", "毕业了，想找个离家近的活", "毕业后在家，打算学门手艺"))
        )
    elif not is_school_holiday(on) or visit.attendance == "preschool" or chance.random() < 0.4:
        first.append(pick(_SCHOOL["infant" if child.age(on) < 3 else visit.attendance]))
    if not visit.vaccinated:
        first.append("有一针疫苗没有接种，提醒到社区卫生服务中心补种")
    parent = _parent(chance, family)
    if parent is not None and (visit.contact in ("rare", "none") or chance.random() < 0.6):
        words["parent"] = parent
        first.append(_SMALL_CONTACT[visit.contact] if is_small else pick(_CONTACT[visit.contact]))
    elif family.absent in ("orphan", "unsupported") and not is_small and chance.random() < 0.4:
        first.append(pick(_NO_PARENT))
    said.append("，".join(first))
    worries = []
    if visit.is_bullied:
        worries.append(pick(_BULLIED))
    if visit.screen == "much":
        worries.append(pick(_SCREEN))
    if not visit.home_is_safe:
        worries.append(pick(_HAZARD))
    if not visit.water_is_safe:
        worries.append(pick(_WATER))
    if visit.money != "enough":
        worries.append(pick(_MONEY[visit.money][: 1 if is_small else None]))
    said.append("，".join(worries))
    if not visit.guardian_is_willing:
        said.append(pick(_UNWILLING))
    elif not is_small and chance.random() < 0.35:
        said.append(pick(_GRANDPARENT + _CARER[:2] if family.form == "grandparents" else _CARER[1:]))
    if visit.seen_alone and chance.random() < 0.5:
        said.append(pick(_ALONE))
    wanted = next((need for need in visit.needs if need in _NEXT), "none")
    if wanted != "none" or chance.random() < 0.3:
        said.append(_NEXT[wanted])
    return "".join(sentence.format_map(words) + "。" for sentence in said if sentence)
