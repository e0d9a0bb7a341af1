"""What the tests need beside Python packages, a Chromium; run as a program, it installs one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO = """The browser tests need Chromium, and it could not be installed here.
  Debian:  apt-get install chromium fonts-dejavu-core   (as root)
  Others:  .venv/bin/playwright install chromium
  Or name one that you have: BLOGENGINE_TEST_BROWSER=/path/to/chromium make test"""


def find_browser() -> str | None:
    """Return the Chromium to drive: `BLOGENGINE_TEST_BROWSER`, the system's, or Playwright's own."""
    named = os.environ.get("BLOGENGINE_TEST_BROWSER")
    if named:
        return shutil.which(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install_browser() -> None:
    """Install Chromium from the system's packages when this is Debian and we may, else through Playwright."""
    if os.geteuid() == 0 and "ID=debian" in _os_release().splitlines():
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        commands = [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        ]
    else:
        quiet = dict(os.environ)
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        print("Running", " ".join(command), flush=True)
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{HOW_TO}")


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


if __name__ == "__main__":
    if find_browser() is None:
        install_browser()
        if find_browser() is None:
            sys.exit(HOW_TO)
