#!/usr/bin/env bash
# Runs the Python tests, then the SDK's and the web app's unit tests, whatever fails on the way;
# says at the end what was not run. ALL=1 turns on the tests that need servers or a browser.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

servers=()
[ -z "${ALL:-}" ] || servers=(--realservers)
failed=()

step() { printf '\n\033[1m==> %s\033[0m\n' "$1"; }

# A folder of its own: pytest closes its shared one to other users whenever another run starts, and
# the embedded PostgreSQL of a run by root is another user.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step "Python tests"
# Two processes, each with engines of its own: most tests wait for a disk or a server.
.venv/bin/python -m pytest --basetemp "$scratch/t" -m 'not browser' -n 2 --dist loadfile \
  "${servers[@]}" ${PYTEST:-} ||
  failed+=("Python tests")
if [ -n "${ALL:-}" ]; then
  step "Pipeline and system tests with three shards"
  TEST_SHARDS=3 .venv/bin/python -m pytest --basetemp "$scratch/s" tests/workers tests/system \
    -n 2 --dist loadfile "${servers[@]}" ${PYTEST:-} ||
    failed+=("tests with three shards")
  # In a process of their own: Playwright keeps an event loop running in the thread that it is used
  # in, and asynchronous tests after it could not start theirs.
  step "Browser tests"
  .venv/bin/python -m pytest --basetemp "$scratch/b" -m browser --browser ${PYTEST:-} ||
    failed+=("browser tests")
fi
step "TypeScript SDK tests"
(cd sdk/typescript && npm run --silent test) || failed+=("TypeScript SDK tests")
step "Web app unit tests"
(cd web && npm run --silent test) || failed+=("web app unit tests")

if [ -z "${ALL:-}" ]; then
  step "Not run: the optional tests"
  .venv/bin/python -m pytest --collect-only -q -m 'realserver or browser' --realservers --browser
  echo "They need Debian's postgresql, mosquitto, nats-server and chromium:"
  echo "  sudo apt-get install postgresql mosquitto mosquitto-clients nats-server chromium && make test ALL=1"
fi

if [ ${#failed[@]} -gt 0 ]; then
  step "FAILED: $(IFS=,; echo "${failed[*]}")"
  exit 1
fi
step "All tests that were run passed"
