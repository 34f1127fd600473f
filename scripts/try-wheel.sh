#!/usr/bin/env bash
# Builds the wheel, installs it in an empty environment, starts `milepost up` outside the checkout,
# and checks that it gets ready, serves the web app and stops cleanly.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
server=""

finish() {
  status=$?
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  [ "$status" -eq 0 ] || tail -n 60 "$work/log" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

free_port() {
  .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

fetch() {
  "$work/venv/bin/python" -c \
    'import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())' "$1"
}

.venv/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work" .
wheel=$(ls "$work"/milepost-*.whl)
echo "built $(basename "$wheel"), $(du -h "$wheel" | cut -f1)"

.venv/bin/python -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --require-hashes -r requirements/run.txt
"$work/venv/bin/python" -m pip install --quiet --no-deps "$wheel"

port=$(free_port)
cd "$work"
# Device ports move too: another instance may hold the standard ones.
MILEPOST_PORT_OFFSET=${MILEPOST_PORT_OFFSET:-21000} \
  "$work/venv/bin/milepost" up --data "$work/data" --port "$port" > "$work/log" 2>&1 &
server=$!

ready=""
for _ in $(seq 120); do
  if ! kill -0 "$server" 2>/dev/null; then
    echo "milepost up ended before it was ready" >&2
    exit 1
  fi
  if fetch "http://127.0.0.1:$port/readyz" > "$work/ready" 2>/dev/null; then
    ready=yes
    break
  fi
  sleep 0.5
done
[ -n "$ready" ] || { echo "not ready after 60 s" >&2; exit 1; }
echo "ready: $(cat "$work/ready")"

fetch "http://127.0.0.1:$port/" > "$work/page"
grep -q '<div id="root"' "$work/page" || { echo "/ does not serve the web app" >&2; exit 1; }
script=$(grep -oE '/assets/[^"]+\.js' "$work/page" | head -1)
fetch "http://127.0.0.1:$port$script" > "$work/script.js"
[ -s "$work/script.js" ] || { echo "the web app's script $script is empty" >&2; exit 1; }

kill -TERM "$server"
wait "$server" || { echo "milepost up stopped with status $?" >&2; exit 1; }
server=""
cd "$root"
echo "the installed wheel started, served the web app and stopped cleanly"
