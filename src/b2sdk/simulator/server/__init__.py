"""The front end over HTTP, for clients in any language.

What belongs here is sockets, connections, certificates and whatever else of the machine an HTTP service needs. What a
request means is decided in ``protocol``. It needs the extra ``simulator``, and is imported where it is used only.
"""
