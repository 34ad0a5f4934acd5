"""The files of a bucket, one at a time: the verbs that make them, and those that describe, read or open one."""
