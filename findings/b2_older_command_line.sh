#!/usr/bin/env bash
# b2 3.19.1 (PyPI), the last command line of that series, with what pip installs for it today (docutils 0.23, rst2ansi 0.1.5).
#
# Guessed: it starts.
# Seen: every command, `b2 version` included, ends with ModuleNotFoundError: rst2ansi imports a module that docutils has no
# more. With docutils below 0.21 it runs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet b2==3.19.1 b2sdk==2.13.2 docutils==0.23 rst2ansi==0.1.5
export HOME="$work"
if "$work/venv/bin/b2" version 2>"$work/errors"; then
  echo "it starts"
  exit 1
fi
tail -n 1 "$work/errors"
tail -n 1 "$work/errors" | grep -qF "ModuleNotFoundError: No module named 'docutils.utils.error_reporting'"
"$work/venv/bin/pip" install --quiet docutils==0.20.1
"$work/venv/bin/b2" version
