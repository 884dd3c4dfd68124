#!/bin/sh
# Installs what building and testing need, builds, and runs all tests that need no internet. Can be run again.
#   sh cmake/test.sh [PRESET]      release (default), dev, asan-ubsan, tsan; fuzz runs each fuzz target for 30 s instead
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh
preset=${1:-release}

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES git openssl python3-setuptools-whl python3-wheel-whl
install_catch2
# The sanitizer presets build with clang: half the time of g++, and a second compiler's opinion of every warning.
case $preset in asan-ubsan|tsan|clang|fuzz) install_packages clang libclang-rt-dev ;; esac

# Races can only be where threads are: that preset builds and runs these test programs and the program itself.
targets=all only=. skipped=live
# Real kills, full disks and races of processes are about the program as people get it.
case $preset in asan-ubsan|tsan|fuzz) skipped="live|machine" ;; esac
case $preset in tsan)
  targets="test_sys test_net test_index test_fetch test_wheel test_ops test_cmdline"
  only="^($(echo "$targets" | tr ' ' '|')):"
  TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp"
  export TSAN_OPTIONS ;;
esac

[ "$preset" != fuzz ] || targets=fuzz_programs

say "building ($preset)"
cmake --preset "$preset" || stop "cmake could not configure preset $preset"
# shellcheck disable=SC2086
cmake --build --preset "$preset" --target $targets || stop "the build of preset $preset failed"

if [ "$preset" = fuzz ]; then
  say "fuzzing"
  sh tests/fuzz/run.sh 30 build/fuzz "$(nproc)" || stop "a fuzz target found something"
  exit 0
fi

# Tests choose their own settings: nobody's pip.conf, proxies or certificates take part.
for name in $(env | sed -n 's/^\(PIP_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
unset SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE VIRTUAL_ENV CONDA_PREFIX || true

say "testing ($preset)"
ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" -R "$only" -LE "$skipped" --timeout 600 --no-tests=error || stop "tests failed in preset $preset"
