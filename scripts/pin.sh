#!/usr/bin/env bash
# Resolves pyproject.toml into requirements/*.txt: every version pinned, with hashes, for Python
# >= 3.11 on any platform, and without the name of any registry (pip's own settings choose it).
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}

compile pyproject.toml --group web --group build -o requirements/run.txt
compile pyproject.toml --group web --group build --group dev --group lock -c requirements/run.txt -o requirements/dev.txt
compile --group fuzz -o requirements/fuzz.txt
compile --group mutate -c requirements/dev.txt -o requirements/mutate.txt
grep -cE '^[a-z0-9]' requirements/*.txt
