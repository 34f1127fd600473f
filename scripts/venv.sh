#!/usr/bin/env bash
# Makes .venv with the newest suitable Python, or says which package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

fits() {
  command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

chosen=""
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  if fits "$candidate"; then
    chosen=$candidate
    break
  fi
done

if [ -z "$chosen" ]; then
  found=$(python3 --version 2>/dev/null || echo "no python3")
  echo "Milepost needs Python 3.11 or newer; found: $found." >&2
  echo "On Debian 12, Debian 13 and Ubuntu 24.04:  sudo apt-get install python3 python3-venv" >&2
  echo "Another interpreter:                       make demo PYTHON=/path/to/python3.12" >&2
  exit 1
fi

if ! "$chosen" -c 'import venv, ensurepip' 2>/dev/null; then
  version=$("$chosen" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "Python $version is here, but without venv." >&2
  echo "On Debian and Ubuntu:  sudo apt-get install python$version-venv" >&2
  exit 1
fi

"$chosen" -m venv --clear .venv
echo "$(.venv/bin/python --version) in .venv"
