"""A listing that is read in several ranges of names at once: what is requested next, and in which order pages come out.

``scale`` computes with names, ``plan`` decides. Both only compute: who requests the pages, and waits for them, is not
known here.
"""
