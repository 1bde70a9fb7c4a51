"""The tables of access once more, as people agreed on them: written by hand, and not worked out of the code.

Where `service.access.roles` says otherwise one of the two is wrong (tests/service/test_table.py).
"""

from typing import Final

from sync.scope import Action

# Who reads which class: F as it is, M in masked form, - not at all.
READS: Final = {
    #                  open basic contact identity case confidential
    "social_worker": "FFFM--",
    "supervisor": "FFFFFF",
    "agency_manager": "FM----",
    "community_officer": "FFFM--",
    "street_officer": "FM----",
    "child_officer": "FFF---",
    "district_officer": "FM----",
    "city_officer": "F-----",
    "evaluator": "------",
    "volunteer_coordinator": "F-----",
    "administrator": "------",
}
# Of what one wrote oneself; a child officer writes mandatory reports, and opens files in an emergency.
READS_OWN: Final = {"social_worker": "FFFFFF", "child_officer": "FFF--F", "volunteer_coordinator": "FFFFFF"}
# Of a child's own record, and of the others that are about one.
READS_OF_CHILDREN: Final = {"child_officer": "FFFFFF"}
ABOUT_CHILDREN: Final = {
    "child_visit",
    "child_circumstances",
    "guardianship_assessment",
    "child_plan",
    "child_plan_step",
    "mandatory_report",
}
# Of what is about somebody under 14 for whom no guardian has agreed to social work, unless one wrote it
# oneself: their own record and all that belongs to it, but not what the law has reported.
READS_GUARDED: Final = {
    "social_worker": "FF----",
    "supervisor": "FFFFFF",
    "agency_manager": "FM----",
    "community_officer": "FF----",
    "street_officer": "FM----",
    "child_officer": "FFF---",
    "district_officer": "FM----",
    "city_officer": "F-----",
    "evaluator": "------",
    "volunteer_coordinator": "F-----",
    "administrator": "------",
}
# Of an application that lies before civil affairs.
READS_SENT: Final = {"district_officer": "FM-F--"}
# Of the records of a file, who holds nothing but that. True: the lead said so, the confidential part too.
MEMBERS: Final = {
    ("lead", False): "FFFFFF",
    ("co_worker", False): "FFFFF-",
    ("co_worker", True): "FFFFFF",
    ("viewer", False): "FFFFF-",
    ("viewer", True): "FFFFFF",
}
IN_FILE_GUARDED: Final = "FF----"
# Who opened the file in an emergency, whatever is guarded in it.
IN_EMERGENCY: Final = "FFFFF-"

# Who writes records in which way: c creates, e edits, d deletes, r restores, m moves to another area.
# Mandatory reports stay, and go where the child goes: nobody moves them alone (`GO_ALONG`).
WRITES: Final = """
                        social supervisor community child   district volunteer   lead  co
                        worker -          officer   officer officer  coordinator -     worker

household               cedrm  cedrm      ce        -       -        -           edrm  edrm
person                  cedrm  cedrm      ce        -       -        -           cedrm cedrm
screening               cedrm  cedrm      -         -       -        -           cedrm cedrm
referral                cedrm  cedrm      e         -       e        -           cedrm cedrm
child_visit             cedrm  cedrm      -         -       -        -           cedrm cedrm
elder_visit             cedrm  cedrm      -         -       -        -           cedrm cedrm
mandatory_report        cem    cem        -         ce      -        -           cem   cem
consent                 cedrm  cedrm      -         -       -        -           cedrm cedrm
duplicate               cedrm  cedrm      -         -       -        -           cedrm cedrm

child_circumstances     cedrm  cedrm      -         -       -        -           cedrm cedrm
guardianship_assessment cedrm  cedrm      -         -       -        -           cedrm cedrm
child_plan              cedrm  cedrm      -         -       -        -           cedrm cedrm
child_plan_step         cedrm  cedrm      -         -       -        -           cedrm cedrm
elder_circumstances     cedrm  cedrm      -         -       -        -           cedrm cedrm
elder_assessment        cedrm  cedrm      -         -       -        -           cedrm cedrm
mutual_help             cedrm  cedrm      -         -       -        -           cedrm cedrm

kinship                 cedrm  cedrm      -         -       -        -           cedrm cedrm
case                    cedrm  cedrm      -         -       -        -           cedrm cedrm
case_plan               cedrm  cedrm      -         -       -        -           cedrm cedrm
plan_step               cedrm  cedrm      -         -       -        -           cedrm cedrm
case_note               cedrm  cedrm      -         -       -        -           cedrm cedrm
case_evaluation         cedrm  cedrm      -         -       -        -           cedrm cedrm
closing                 cedrm  cedrm      -         -       -        -           cedrm cedrm
follow_up               cedrm  cedrm      -         -       -        -           cedrm cedrm
case_transfer           cedrm  cedrm      -         -       -        -           cedrm cedrm
group_attendance        cedrm  cedrm      -         -       -        -           cedrm cedrm

family_counselling      cedrm  cedrm      -         -       -        -           cedrm cedrm
disability_survey       cedrm  cedrm      -         -       -        -           cedrm cedrm
rehabilitation_plan     cedrm  cedrm      -         -       -        -           cedrm cedrm
rehabilitation_record   cedrm  cedrm      -         -       -        -           cedrm cedrm
allowance_application   cedrm  cedrm      e         -       e        -           cedrm cedrm

group_work              cedrm  cedrm      -         -       -        -           -     -
group_session           cedrm  cedrm      -         -       -        -           -     -
supervision             cedrm  cedrm      -         -       -        -           -     -

resource                cedrm  cedrm      ce        -       -        -           -     -
resource_link           cedrm  cedrm      -         -       -        -           cedrm cedrm
policy_session          cedrm  cedrm      ce        -       -        -           -     -

public_space            cedrm  cedrm      cedr      -       -        -           -     -
space_booking           cedrm  cedrm      cedr      -       -        -           -     -
deliberation            cedrm  cedrm      cedr      -       -        -           -     -
proposal                cedrm  cedrm      cedr      -       -        -           -     -
organisation_support    cedrm  cedrm      cedr      -       -        -           -     -
funeral_publicity       cedrm  cedrm      cedr      -       -        -           -     -
community_activity      cedrm  cedrm      ce        -       -        -           -     -
worthy                  cedrm  cedrm      ce        -       -        -           -     -
community_organisation  cedrm  cedrm      ce        -       -        -           -     -

volunteer               cedrm  cedrm      ce        -       -        cedr        -     -
activity                cedrm  cedrm      cedr      -       -        cedr        -     -
attendance              cedrm  cedrm      cedr      -       -        cedr        -     -
sign_up                 cedrm  cedrm      cedr      -       -        cedr        -     -
check_in_key            cedrm  cedrm      -         -       -        cedr        -     -
hours_spent             cedrm  cedrm      cedr      -       -        cedr        -     -
service_certificate     cem    cedrm      ce        -       -        ce          -     -
"""
# Who writes nothing, of whatever collection.
WRITE_NOTHING: Final = (
    "agency_manager",
    "street_officer",
    "city_officer",
    "evaluator",
    "administrator",
    "viewer",
)
# What goes with a file when it moves, and not by itself.
GO_ALONG: Final = {"child_visit", "mandatory_report"}
LETTERS: Final = {
    "c": Action.CREATE,
    "e": Action.EDIT,
    "d": Action.DELETE,
    "r": Action.RESTORE,
    "m": Action.MOVE,
}


def written() -> dict[str, dict[str, set[Action]]]:
    """`WRITES` by who and collection."""
    first, second, *rows = [line.split() for line in WRITES.splitlines() if line]
    names = [name if more == "-" else f"{name}_{more}" for name, more in zip(first, second, strict=True)]
    found: dict[str, dict[str, set[Action]]] = {name: {} for name in (*names, *WRITE_NOTHING)}
    for collection, *cells in rows:
        for name, cell in zip(names, cells, strict=True):
            found[name][collection] = {LETTERS[letter] for letter in cell if letter != "-"}
        for name in WRITE_NOTHING:
            found[name][collection] = set()
    return found
