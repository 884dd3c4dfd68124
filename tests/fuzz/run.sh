#!/bin/sh
# Runs every fuzz target for some seconds; fails on the first crash, hang or leak.
#   tests/fuzz/run.sh SECONDS [BUILD_DIR]      (BUILD_DIR: build/fuzz)
set -eu
seconds=${1:?how many seconds per target}
here=$(cd "$(dirname "$0")" && pwd)
build=${2:-$here/../../build/fuzz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
for program in "$build"/tests/fuzz/fuzz_*; do
  [ -x "$program" ] || continue
  name=$(basename "$program" | sed 's/^fuzz_//')
  mkdir -p "$work/$name"
  echo "fuzz: $name for $seconds s"
  if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$here/crash-$name-" \
      "$work/$name" "$here/seeds/$name" >"$work/log" 2>&1; then
    tail -40 "$work/log"
    echo "fuzz: $name failed; the input is $here/crash-$name-*" >&2
    exit 1
  fi
  tail -1 "$work/log"
  count=$((count + 1))
done
if [ "$count" -eq 0 ]; then
  echo "fuzz: no programs under $build/tests/fuzz (configure with the preset 'fuzz')" >&2
  exit 1
fi
echo "fuzz: $count targets, no crash"
