#!/bin/sh
# Makes sure that the browser tests find a Chromium: an installed one, else Playwright's own,
# else Debian's package when we are root. Argument: the Python that has Playwright.
set -u
python=$1

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
"$python" - <<'PY' && exit 0
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not pathlib.Path(playwright.chromium.executable_path).exists())
PY
"$python" -m playwright install chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk && exit 0
fi
echo "The browser tests need Chromium. Install it and run again, or set CHROMIUM=/path/to/it." >&2
exit 1
