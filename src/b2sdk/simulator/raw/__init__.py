"""The front end in the same process: a raw API over a cloud.

What belongs here is the classes that tests of other programs subclass, override and look into. They take the calls of
:class:`~b2sdk.raw_api.endpoints.AbstractRawApi`; what a call means is decided in ``protocol``.
"""
