"""Attachments (附件): photos, sound, signatures and scanned papers, that belong to a field of a record.

A file comes by tus 1.0.0, in pieces and as often broken off as the link is (`uploads`). What has come so far
lies on this machine, sealed (`part`); once it is whole it is looked at (`kinds`, `pictures`) and laid where
all contents lie (`contents`). Who may write a field may send a file for it, and who reads a field has the
files that stand in it (`downloads`): there is no other right to a file, and none to take away.
"""
