#!/bin/sh
# Renews the answers in fixtures/dropin/*.rows with the pip of $PIPIT_REAL_PYTHON (an interpreter that has pip 26.3):
#   PIPIT_REAL_PYTHON=/path/to/python tests/dropin/live.sh build/clang/tests/test_dropin [test name]
# `git diff fixtures/dropin` then shows what changed. Without that variable there is nothing to ask: skipped (77).
set -eu
[ -n "${PIPIT_REAL_PYTHON:-}" ] || exit 77
program=$1
shift
PIPIT_REAL_PIP=$("$PIPIT_REAL_PYTHON" -c 'import os, pip; print(os.path.dirname(pip.__file__))')
export PIPIT_REAL_PIP
exec "$program" "$@"
