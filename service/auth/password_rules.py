"""Which passwords may be chosen: NIST SP 800-63B-4, 3.1.1.2.

Fifteen characters for everybody. The standard would let eight do where the password is never more than one of
two factors, but a password outlives the day it was chosen on: a second factor is reset, a role above social
worker ends, the setting is turned off, and from then on it stands alone. One length is also what people can
be told. No rule asks for capitals or digits, none makes a password expire; what is typed is normalised (NFKC)
before it is counted, by code points, and before it is hashed.
"""

from collections.abc import Iterable
from typing import Final

from schemas.problems import FieldProblem
from service.auth.common_passwords import is_common
from service.auth.passwords import MAX_LENGTH, normal

MIN_LENGTH: Final = 15


def problems_in_password(
    password: str, pointer: str = "/password", names: Iterable[str] = ()
) -> list[FieldProblem]:
    """Why `password` may not be chosen by, or for, the person who is called `names`."""
    typed = normal(password)
    if len(typed) < MIN_LENGTH:
        return [
            FieldProblem(
                pointer,
                "too-short",
                f"密码至少 {MIN_LENGTH} 个字符，可用几个不相干的词组成",
                f"at least {MIN_LENGTH} characters; a few words that do not belong together will do",
            )
        ]
    if max(len(typed), len(password)) > MAX_LENGTH:
        return [
            FieldProblem(
                pointer, "too-long", f"密码最多 {MAX_LENGTH} 个字符", f"at most {MAX_LENGTH} characters"
            )
        ]
    if is_common(typed, names):
        return [
            FieldProblem(
                pointer,
                "too-common",
                "密码只由常用词、姓名、日期或连续按键组成，容易被猜中；请加入不相干的词",
                "made of common words, names, dates or keys in a row alone: add words that nobody expects",
            )
        ]
    return []
