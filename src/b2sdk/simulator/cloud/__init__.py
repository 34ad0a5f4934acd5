"""The rules of the service and what they are about, without any way to reach them.

What belongs here is decided on typed values: who may do what, what becomes of it, and where its bytes are meanwhile.
It knows no JSON, no header and no connection. What it refuses is a :class:`~b2sdk.simulator.cloud.refusals.Refusal`.
"""
