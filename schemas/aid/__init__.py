"""Social assistance (社会救助): from a family's means to what it may be entitled to, and on to the money.

Household and person are kept beside this package, for every field of work writes in them. Here is what a
worker does with them for assistance: the screening and what it comes to (`assessment`), which kinds may
apply and why (`eligibility`), the application (`referral`) with its time limits (`time_limits`), what
society offers (`resource`, `matching`), and sessions that make policies known (`policy_session`).

What is reckoned here is a hint for the worker and never a decision: that is the department's. Every rule is
pure, goes by the figures in force on the day asked for, and says what it rests on and what is missing.
"""
