#!/bin/sh
# Runs every fuzz target for some seconds; fails on a crash, a hang, a leak or 2 GB of memory, and says how many inputs each
# target tried: one that tries next to nothing has a parser that is too slow, or nothing to parse.
#   tests/fuzz/run.sh SECONDS [BUILD_DIR [JOBS]]      (BUILD_DIR: build/fuzz, JOBS: 1)
# FUZZ_SEED (default 1: a commit is not failed by another commit's luck; 0: another walk each time) chooses the walk.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

fuzz_one() {
  name=$(basename "$1" | sed 's/^fuzz_//')
  mkdir -p "$work/$name"
  if ! "$1" -max_total_time="$seconds" -seed="${FUZZ_SEED:-1}" -timeout=25 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$here/crash-$name-" \
      "$work/$name" "$here/seeds/$name" >"$work/$name.log" 2>&1; then
    tail -40 "$work/$name.log"
    echo "fuzz: $name failed; the input is $here/crash-$name-*" >&2
    return 255  # xargs starts no further target
  fi
  echo "fuzz: $name: $(tail -1 "$work/$name.log")"
}

if [ "${1:-}" = --one ]; then
  work=$2 seconds=$3
  fuzz_one "$4"
  exit
fi

seconds=${1:?how many seconds per target}
build=${2:-$here/../../build/fuzz}
jobs=${3:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$build/tests/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x 2>/dev/null | sort >"$work/programs" || true
count=$(wc -l <"$work/programs")
if [ "$count" -eq 0 ]; then
  echo "fuzz: no programs under $build/tests/fuzz (configure with the preset 'fuzz')" >&2
  exit 1
fi
xargs -n 1 -P "$jobs" sh "$0" --one "$work" "$seconds" <"$work/programs"
echo "fuzz: $count targets, no crash"
