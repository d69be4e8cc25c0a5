#!/usr/bin/env bash
# The whole suite. Finds a Chromium for the browser tests, or gets one; without any they are skipped and the last line says so.
set -uo pipefail
cd "$(dirname "$0")/.."

find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome || true
}

get_chromium() {
  .venv/bin/playwright install chromium >/dev/null 2>&1 && .venv/bin/python - <<'PY'
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    print(p.chromium.executable_path)
PY
}

chromium=$(find_chromium)
[ -n "$chromium" ] || chromium=$(get_chromium || true)
if [ -z "$chromium" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing Chromium for the browser tests"
  apt-get update -qq >/dev/null 2>&1; apt-get install -y -qq chromium >/dev/null 2>&1
  chromium=$(find_chromium)
fi
export DALIL_TEST_CHROMIUM="$chromium"
exec .venv/bin/python -m pytest -n 2 --dist loadgroup "$@"  # one process for what needs the real processes, one for the rest
