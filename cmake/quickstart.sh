#!/bin/sh
# From a bare Debian 12 or 13 to a virtual environment with real packages in it, without pip, ensurepip or python3-venv:
# installs the build packages, builds the release binary, makes an environment with it and installs a hashed
# requirements file from the index (or, where no index can be reached, small packages from fixtures/). Can be run again.
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

# shellcheck disable=SC2086
install_packages $BUILD_PACKAGES

say "building pipit (release)"
cmake --preset release -DPIPIT_TESTS=OFF >build-quickstart.log 2>&1 && cmake --build --preset release >>build-quickstart.log 2>&1 || {
  tail -n 30 build-quickstart.log >&2
  stop "the build failed; the whole log is build-quickstart.log"
}
rm -f build-quickstart.log
pipit=build/release/pipit
venv=build/quickstart-venv

say "making the environment $venv"
"$pipit" venv --clear "$venv" || stop "the environment could not be made"

if "$pipit" index versions docopt >/dev/null 2>&1; then
  say "installing fixtures/quickstart/requirements.txt from the index"
  "$pipit" --python "$venv" install -r fixtures/quickstart/requirements.txt || stop "the installation failed"
  say "running an installed script: pygmentize -V"
  "$venv/bin/pygmentize" -V || stop "the installed script does not run"
else
  say "no index can be reached from here; installing fixtures/quickstart/offline.txt from fixtures/quickstart/wheels instead"
  "$pipit" --python "$venv" install --no-index --find-links fixtures/quickstart/wheels -r fixtures/quickstart/offline.txt ||
    stop "the installation failed"
  say "running an installed script: harbour"
  "$venv/bin/harbour" || stop "the installed script does not run"
fi
say "done: the program is $pipit, the environment is $venv"
