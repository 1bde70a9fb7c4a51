"""What may have been done to a child: the situations in which the law has it reported."""

from schemas.codes import CodeTable


class Harm(CodeTable, zh="侵害未成年人情形", en="Harm to a child", source="高检发〔2020〕9号"):
    """The situations of article 4. A suspicion is enough: the police look into it, not the worker."""

    PRIVATE_INJURY = (
        "private_injury",
        "隐私部位有非正常损伤",
        "Injury to private parts that nothing explains",
    )
    UNDER_14_SEXUAL = (
        "under_14_sexual",
        "不满十四周岁女孩疑遭性侵害、怀孕或流产",
        "A girl under 14 perhaps sexually harmed, pregnant or having aborted",
    )
    OVER_14_PREGNANT = (
        "over_14_pregnant",
        "十四周岁以上女孩疑因受侵害而怀孕或流产",
        "A girl of 14 or over pregnant or having aborted, perhaps by assault",
    )
    VIOLENCE = (
        "violence",
        "多处受伤、严重营养不良或神志不清，疑遭家暴、虐待、欺凌、殴打或被麻醉",
        "Many injuries, grave malnutrition or unconscious, perhaps by violence, abuse, bullying or drugging",
    )
    MAIMED_OR_DEAD = (
        "maimed_or_dead",
        "因自杀、自残、工伤、中毒、被麻醉或殴打等而伤残、死亡",
        "Maimed or dead by suicide, self-harm, work, poison, drugging or beating",
    )
    ABANDONED = "abandoned", "被遗弃或长期无人照料", "Abandoned, or long uncared for"
    TRAFFICKED = (
        "trafficked",
        "来历不明、失踪，或被拐卖、收买",
        "Of unknown origin, missing, trafficked or bought",
    )
    BEGGING = "begging", "被他人组织乞讨", "Made to beg by others"
    OTHER = (
        "other",
        "身心健康受到其他严重侵害或正面临危险",
        "Other grave harm to body or mind, or danger of it",
    )
