"""The protocol of the service without any input or output: requests in, responses out.

What belongs here is how requests are read, which operation of the cloud each of them is, and how its result is
spelled. Both front ends come through :class:`~b2sdk.simulator.protocol.gateway.Gateway`.
"""
