"""Faster code for work of requests, urllib3 and `http.client`, with the same results.

What belongs here is between one request and the socket, and only saves work: it sends and returns what requests would
send and return. It must not know attempts, errors and hooks. `B2HttpApiConfig.plain_transport` and
`B2SDK_PLAIN_TRANSPORT` disable all of it; then it is not imported (`b2sdk.http.opening`).

| part | instead of | saves |
|---|---|---|
| `exchange` | `Session.request`: merging settings, the environment, checks of URL and headers | 2,010 k |
| `pool`, looking pools up | by a dozen attributes, and for certificates and proxies each time | 185 k |
| `pool`, `build_response` | looking for cookies where there are none | 70 k |
| `headers` | four checks of each header, in requests, urllib3 and `http.client` | 81 k |
| `direct_pool` | `urlopen`: looking for proxies, redirects and retries that there are not | 320 k |
| `direct_pool`, its stack | the locks of a queue for which nobody waits | 17 k |
| `connection`, `send` | a system call, and a packet, for the headers alone | 2 k, and the kernel's work |
| `head` | the parser of e-mails | 200 k |
| `body` | decoding nothing; blocks that are dropped when a connection breaks | 41 k |
| `trust` | reading certifi's bundle for each connection | 24 ms and 0.8 MB a connection |
| all | | 2,702 k of 3,441 k |

The figures are thousands of instructions of one `get_file_info`, the whole call: `python benchmarks/instructions.py
file_infos`, with that part alone turned off (Python 3.11, requests 2.34, urllib3 2.8). Two parts also do what requests
cannot: `connection` has a timeout for writes, and with `body` wakes threads whose work is cancelled.

Each part is compared with the original in the test of its name below `tests/http/transport`; the tests of
`tests/http`, and samples of `tests/flows` and `tests/faults`, run with all of it and without.
"""
