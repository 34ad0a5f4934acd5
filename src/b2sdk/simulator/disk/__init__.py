"""The cloud in a directory, which outlives the process.

What belongs here is how what the cloud holds is written, and found again. The rules know nothing of it: it is one of
the observers of a cloud. It knows no protocol and no front end.
"""
