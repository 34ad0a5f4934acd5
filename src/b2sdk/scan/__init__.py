"""What files there are below a folder, local or in a bucket, in one order, and what is left out of them.

Folders yield paths; policies say what to leave out; each entry that is skipped is reported, with its reason.
"""
