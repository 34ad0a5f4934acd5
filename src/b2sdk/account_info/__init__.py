"""Where the account state lives: credentials, tokens, bucket names and upload URLs.

Import from the modules; this file stays empty. The room knows nothing of HTTP, sessions or buckets.
"""
