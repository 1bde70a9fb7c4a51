"""A child's circumstances (儿童情况核查): what is checked before it is counted among a group.

Which groups a child belongs to follows from these facts, from its age and from its family's (`categories`).
That a parent is in prison, in compulsory rehabilitation, gravely ill or without guardianship is confidential,
and so is all that is asked of it; that parents work away from home, everybody on the file has to know.
"""

from datetime import date
from typing import Annotated

import msgspec

from schemas.about_person import AboutPerson
from schemas.annotations import entry
from schemas.codes import CodeTable
from schemas.declare import LATEST, REVIEW, TEXT, UNION, field
from schemas.person_codes import DisabilityGrade, DisabilityKind
from schemas.privacy import Privacy
from schemas.rules import NotBefore

CASE, CONFIDENTIAL, OPEN = Privacy.CASE, Privacy.CONFIDENTIAL, Privacy.OPEN


class Circumstance(
    CodeTable,
    zh="父母情形",
    en="What keeps a parent from caring",
    source="民发〔2019〕62号、民发〔2020〕125号",
):
    """Why a parent cannot care for the child. Where several apply, the one that lasts longest is named."""

    NONE = "none", "无下列情形", "None of these"
    SEVERE_DISABILITY = "severe_disability", "重残", "Severe disability"
    GRAVE_ILLNESS = "grave_illness", "重病", "Grave illness"
    PRISON = "prison", "服刑在押", "In prison"
    REHABILITATION = "rehabilitation", "强制隔离戒毒", "In compulsory rehabilitation"
    DETENTION = "detention", "被执行其他限制人身自由的措施", "Detained otherwise"
    OUT_OF_CONTACT = "out_of_contact", "失联", "Out of contact"
    GUARDIANSHIP_REVOKED = "guardianship_revoked", "被撤销监护资格", "Guardianship revoked by a court"
    DEPORTED = "deported", "被遣送（驱逐）出境", "Deported"
    DEAD = "dead", "死亡或被宣告死亡", "Dead, or declared dead"
    DECLARED_MISSING = "declared_missing", "被宣告失踪", "Declared missing"
    NOT_FOUND = "not_found", "查找不到", "Never found"


class CircumstanceProof(CodeTable, zh="核查依据", en="Proof"):
    """What was seen to prove it."""

    JUDGMENT = "judgment", "裁判文书", "Judgment"
    DETENTION = "detention", "羁押、戒毒决定文书", "Order of detention or rehabilitation"
    DISABILITY = "disability", "残疾人证", "Disability certificate"
    DIAGNOSIS = "diagnosis", "诊断证明", "Diagnosis"
    POLICE = "police", "公安机关接报回执或证明", "Receipt or statement of the police"
    DEATH = "death", "死亡证明", "Proof of death"
    REGISTER = "register", "户口簿", "Household register"
    COMMITTEE = "committee", "村（居）委会证明", "Statement of the committee"
    NEIGHBOURS = "neighbours", "邻里走访记录", "What neighbours said"


class Parent(msgspec.Struct):
    """What keeps one parent from caring. `until`: the end of a term by its papers.

    Contact counts as lost from the day on which the police took the report.
    """

    circumstance: Annotated[Circumstance, entry("情形", "Circumstance")]
    since: Annotated[date | None, entry("起始日期", "Since")] = None
    until: Annotated[date | None, entry("截止日期", "Until")] = None
    disability_kind: Annotated[DisabilityKind | None, entry("残疾类别", "Kind of disability")] = None
    disability_grade: Annotated[DisabilityGrade | None, entry("残疾等级", "Grade of disability")] = None


class ChildCircumstances(
    AboutPerson,
    collection="child_circumstances",
    zh="儿童情况核查",
    en="A child's circumstances",
    rules=(
        NotBefore(
            ("next_on", "on"),
            "下次核查日期早于本次，请核对",
            "The next check lies before this one: check both days",
        ),
    ),
    about_children=True,
):
    """How things stand with a child's parents, as checked on a day.

    Each parent is decided as a whole, and by a person where two have found different things: a child's right
    to support hangs on it.
    """

    father: Annotated[Parent | None, field("父亲", "Father", privacy=CONFIDENTIAL, merge=REVIEW)] = None
    mother: Annotated[Parent | None, field("母亲", "Mother", privacy=CONFIDENTIAL, merge=REVIEW)] = None
    proofs: Annotated[
        frozenset[CircumstanceProof], field("核查依据", "Proofs", privacy=CONFIDENTIAL, merge=UNION)
    ] = frozenset()
    father_away: Annotated[
        bool | None, field("父亲外出务工", "Father works away from home", privacy=CASE, merge=LATEST)
    ] = None
    mother_away: Annotated[
        bool | None, field("母亲外出务工", "Mother works away from home", privacy=CASE, merge=LATEST)
    ] = None
    father_able: Annotated[
        bool | None, field("父亲有监护能力", "Father is able to guard", privacy=CASE, merge=LATEST)
    ] = None
    mother_able: Annotated[
        bool | None, field("母亲有监护能力", "Mother is able to guard", privacy=CASE, merge=LATEST)
    ] = None
    in_institution: Annotated[
        bool | None, field("由机构集中养育", "Lives in an institution", privacy=CASE, merge=LATEST)
    ] = None
    note: Annotated[
        str | None, field("核查情况", "What was found", privacy=CASE, merge=TEXT, max_length=4000)
    ] = None
    next_on: Annotated[date | None, field("下次核查日期", "Next check", privacy=OPEN, merge=LATEST)] = None
