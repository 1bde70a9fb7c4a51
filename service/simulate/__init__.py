"""`liandong simulate`: workers on home visits, each with a phone that is offline most of the day.

They edit the same families at the same time, over a link that loses requests and answers. In the end it is
proved, not assumed, that every device and the server hold the same, and that no value that was ever sent is
missing. It speaks to a server over HTTP as phones do, so it tries an installation as it stands.
"""
