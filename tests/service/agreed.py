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
                      household person screening referral child_visit elder_visit mandatory_report consent
social_worker         cedrm     cedrm  cedrm     cedrm    cedrm       cedrm       cem              cedrm
supervisor            cedrm     cedrm  cedrm     cedrm    cedrm       cedrm       cem              cedrm
agency_manager        -         -      -         -        -           -           -                -
community_officer     ce        ce     -         e        -           -           -                -
street_officer        -         -      -         -        -           -           -                -
child_officer         -         -      -         -        -           -           ce               -
district_officer      -         -      -         e        -           -           -                -
city_officer          -         -      -         -        -           -           -                -
evaluator             -         -      -         -        -           -           -                -
volunteer_coordinator -         -      -         -        -           -           -                -
administrator         -         -      -         -        -           -           -                -
lead                  edrm      cedrm  cedrm     cedrm    cedrm       cedrm       cem              cedrm
co_worker             edrm      cedrm  cedrm     cedrm    cedrm       cedrm       cem              cedrm
viewer                -         -      -         -        -           -           -                -

                      child_circumstances guardianship_assessment child_plan child_plan_step
social_worker         cedrm               cedrm                   cedrm      cedrm
supervisor            cedrm               cedrm                   cedrm      cedrm
agency_manager        -                   -                       -          -
community_officer     -                   -                       -          -
street_officer        -                   -                       -          -
child_officer         -                   -                       -          -
district_officer      -                   -                       -          -
city_officer          -                   -                       -          -
evaluator             -                   -                       -          -
volunteer_coordinator -                   -                       -          -
administrator         -                   -                       -          -
lead                  cedrm               cedrm                   cedrm      cedrm
co_worker             cedrm               cedrm                   cedrm      cedrm
viewer                -                   -                       -          -

                      elder_circumstances elder_assessment mutual_help
social_worker         cedrm               cedrm            cedrm
supervisor            cedrm               cedrm            cedrm
agency_manager        -                   -                -
community_officer     -                   -                -
street_officer        -                   -                -
child_officer         -                   -                -
district_officer      -                   -                -
city_officer          -                   -                -
evaluator             -                   -                -
volunteer_coordinator -                   -                -
administrator         -                   -                -
lead                  cedrm               cedrm            cedrm
co_worker             cedrm               cedrm            cedrm
viewer                -                   -                -

                      volunteer activity attendance
social_worker         cedrm     cedrm    cedrm
supervisor            cedrm     cedrm    cedrm
agency_manager        -         -        -
community_officer     ce        cedr     cedr
street_officer        -         -        -
child_officer         -         -        -
district_officer      -         -        -
city_officer          -         -        -
evaluator             -         -        -
volunteer_coordinator cedr      cedr     cedr
administrator         -         -        -
lead                  -         -        -
co_worker             -         -        -
viewer                -         -        -

                      resource resource_link policy_session
social_worker         cedrm    cedrm         cedrm
supervisor            cedrm    cedrm         cedrm
agency_manager        -        -             -
community_officer     ce       -             ce
street_officer        -        -             -
child_officer         -        -             -
district_officer      -        -             -
city_officer          -        -             -
evaluator             -        -             -
volunteer_coordinator -        -             -
administrator         -        -             -
lead                  -        cedrm         -
co_worker             -        cedrm         -
viewer                -        -             -

                      kinship case  case_plan plan_step case_note case_evaluation closing follow_up
social_worker         cedrm   cedrm cedrm     cedrm     cedrm     cedrm           cedrm   cedrm
supervisor            cedrm   cedrm cedrm     cedrm     cedrm     cedrm           cedrm   cedrm
agency_manager        -       -     -         -         -         -               -       -
community_officer     -       -     -         -         -         -               -       -
street_officer        -       -     -         -         -         -               -       -
child_officer         -       -     -         -         -         -               -       -
district_officer      -       -     -         -         -         -               -       -
city_officer          -       -     -         -         -         -               -       -
evaluator             -       -     -         -         -         -               -       -
volunteer_coordinator -       -     -         -         -         -               -       -
administrator         -       -     -         -         -         -               -       -
lead                  cedrm   cedrm cedrm     cedrm     cedrm     cedrm           cedrm   cedrm
co_worker             cedrm   cedrm cedrm     cedrm     cedrm     cedrm           cedrm   cedrm
viewer                -       -     -         -         -         -               -       -

                      case_transfer group_attendance family_counselling disability_survey
social_worker         cedrm         cedrm            cedrm              cedrm
supervisor            cedrm         cedrm            cedrm              cedrm
agency_manager        -             -                -                  -
community_officer     -             -                -                  -
street_officer        -             -                -                  -
child_officer         -             -                -                  -
district_officer      -             -                -                  -
city_officer          -             -                -                  -
evaluator             -             -                -                  -
volunteer_coordinator -             -                -                  -
administrator         -             -                -                  -
lead                  cedrm         cedrm            cedrm              cedrm
co_worker             cedrm         cedrm            cedrm              cedrm
viewer                -             -                -                  -

                      rehabilitation_plan rehabilitation_record allowance_application
social_worker         cedrm               cedrm                 cedrm
supervisor            cedrm               cedrm                 cedrm
agency_manager        -                   -                     -
community_officer     -                   -                     e
street_officer        -                   -                     -
child_officer         -                   -                     -
district_officer      -                   -                     e
city_officer          -                   -                     -
evaluator             -                   -                     -
volunteer_coordinator -                   -                     -
administrator         -                   -                     -
lead                  cedrm               cedrm                 cedrm
co_worker             cedrm               cedrm                 cedrm
viewer                -                   -                     -

                      group_work group_session supervision public_space space_booking deliberation
social_worker         cedrm      cedrm         cedrm       cedrm        cedrm         cedrm
supervisor            cedrm      cedrm         cedrm       cedrm        cedrm         cedrm
agency_manager        -          -             -           -            -             -
community_officer     -          -             -           cedr         cedr          cedr
street_officer        -          -             -           -            -             -
child_officer         -          -             -           -            -             -
district_officer      -          -             -           -            -             -
city_officer          -          -             -           -            -             -
evaluator             -          -             -           -            -             -
volunteer_coordinator -          -             -           -            -             -
administrator         -          -             -           -            -             -
lead                  -          -             -           -            -             -
co_worker             -          -             -           -            -             -
viewer                -          -             -           -            -             -

                      proposal organisation_support funeral_publicity
social_worker         cedrm    cedrm                cedrm
supervisor            cedrm    cedrm                cedrm
agency_manager        -        -                    -
community_officer     cedr     cedr                 cedr
street_officer        -        -                    -
child_officer         -        -                    -
district_officer      -        -                    -
city_officer          -        -                    -
evaluator             -        -                    -
volunteer_coordinator -        -                    -
administrator         -        -                    -
lead                  -        -                    -
co_worker             -        -                    -
viewer                -        -                    -

                      community_activity worthy community_organisation
social_worker         cedrm              cedrm  cedrm
supervisor            cedrm              cedrm  cedrm
agency_manager        -                  -      -
community_officer     ce                 ce     ce
street_officer        -                  -      -
child_officer         -                  -      -
district_officer      -                  -      -
city_officer          -                  -      -
evaluator             -                  -      -
volunteer_coordinator -                  -      -
administrator         -                  -      -
lead                  -                  -      -
co_worker             -                  -      -
viewer                -                  -      -

                      duplicate
social_worker         cedrm
supervisor            cedrm
agency_manager        -
community_officer     -
street_officer        -
child_officer         -
district_officer      -
city_officer          -
evaluator             -
volunteer_coordinator -
administrator         -
lead                  cedrm
co_worker             cedrm
viewer                -

                      sign_up check_in_key hours_spent service_certificate
social_worker         cedrm   cedrm        cedrm       cem
supervisor            cedrm   cedrm        cedrm       cedrm
agency_manager        -       -            -           -
community_officer     cedr    -            cedr        ce
street_officer        -       -            -           -
child_officer         -       -            -           -
district_officer      -       -            -           -
city_officer          -       -            -           -
evaluator             -       -            -           -
volunteer_coordinator cedr    cedr         cedr        ce
administrator         -       -            -           -
lead                  -       -            -           -
co_worker             -       -            -           -
viewer                -       -            -           -
"""
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
    """`WRITES` by row and column."""
    found: dict[str, dict[str, set[Action]]] = {}
    for table in WRITES.strip().split("\n\n"):
        header, *lines = [line.split() for line in table.splitlines()]
        for who, *cells in lines:
            for collection, cell in zip(header, cells, strict=True):
                actions = {LETTERS[letter] for letter in cell if letter != "-"}
                found.setdefault(who, {})[collection] = actions
    return found
