"""A listing that is read in several ranges of names at once: what is requested next, and in which order pages come out.

``scale`` computes with names, ``plan`` decides, ``reading`` is the flow that performs it.
"""
