#!/usr/bin/env bash
# Installs everything into .venv: finds Python 3.10, installs uv if it is missing, then the locked packages.
set -euo pipefail
cd "$(dirname "$0")"

stamp=.venv/.locked
if [ -x .venv/bin/dalil ] && [ -f "$stamp" ] && cmp -s "$stamp" uv.lock && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

works() { [ -n "${1:-}" ] && "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python() {  # an explicit variable, a python3.10 that works (a pyenv shim may fail), pyenv's folder; else uv downloads one
  local candidate
  for candidate in "${DALIL_PYTHON:-}" "$(command -v python3.10 || true)" \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python /usr/bin/python3.10 /usr/local/bin/python3.10; do
    if works "$candidate"; then echo "$candidate"; return; fi
  done
  echo 3.10
}

find_uv() {
  if command -v uv >/dev/null; then command -v uv; return; fi
  local home="$PWD/var/uv"
  if [ ! -x "$home/bin/uv" ]; then
    local base
    base=$(command -v python3 || command -v python || true)
    [ -n "$base" ] || base=$1
    "$base" -m venv "$home" >&2 || { echo "dalil: could not make a virtual environment for uv. Install uv (or python3-venv) and try again." >&2; exit 1; }
    "$home/bin/pip" install --quiet uv >&2 || { echo "dalil: uv could not be installed. Is the network there? Install uv and try again." >&2; exit 1; }
  fi
  echo "$home/bin/uv"
}

free=$(df -Pk . | awk 'NR == 2 { print $4 }')
if [ "$free" -lt 4000000 ]; then echo "dalil: the packages need 4 GB on this disk, $((free / 1024)) MB are free." >&2; exit 1; fi

python=$(find_python)
uv=$(find_uv "$python")
echo "installing the locked packages (about 2 GB, once) with $python"
"$uv" sync --locked --python "$python" --quiet || { echo "dalil: the packages could not be installed; the lines above say which. If no Python 3.10 was found, set DALIL_PYTHON." >&2; exit 1; }
.venv/bin/dalil prepare
cp uv.lock "$stamp"
