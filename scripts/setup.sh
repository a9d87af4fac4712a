#!/usr/bin/env bash
# Bring a machine to where the Makefile needs it. Each command may be repeated at any time.
#
#   scripts/setup.sh python REQUIREMENTS [VENV]   an environment (.venv) with these packages in it
#   scripts/setup.sh browser                      a Chromium or Chrome for the interface tests
#   scripts/setup.sh fonts                        free fonts for the synthetic generator
#
# PYTHON names the interpreter for a new environment (default: the first of python3.13, python3.12, python3.11,
# python3 that runs and is new enough).
# System packages are installed with apt-get, as root or where sudo asks for no password; elsewhere the
# script says what to install and stops.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
VENV_PYTHON=$VENV/bin/python
FONTS=(
    fonts-ocr-a fonts-ocr-b fonts-osifont fonts-opendin fonts-routed-gothic fonts-dotgothic16 fonts-3270
    fonts-liberation fonts-dejavu fonts-inconsolata fonts-hack fonts-jetbrains-mono fonts-firacode
    fonts-roboto-unhinted fonts-noto-mono fonts-freefont-ttf fonts-b612 fonts-mononoki fonts-urw-base35
    fonts-lato fonts-courier-prime fonts-cantarell fonts-monoid fonts-play fonts-bebas-neue fonts-junction
    fonts-crosextra-carlito
)

main() {
    case "${1:-}" in
        python) set_up_python "${2:?which requirements file?}" "${3:-$VENV}" ;;
        browser) set_up_browser ;;
        fonts) set_up_fonts ;;
        *) fail "usage: scripts/setup.sh python REQUIREMENTS [VENV] | browser | fonts" ;;
    esac
}

set_up_python() {
    local requirements=$1
    VENV=$2
    VENV_PYTHON=$VENV/bin/python
    if ! is_new_enough "$VENV_PYTHON"; then
        make_venv
    fi
    say "Installing $requirements (some minutes the first time)"
    "$VENV_PYTHON" -m pip install -qq --disable-pip-version-check --no-input -r "$requirements" ||
        fail "pip could not install $requirements, see above. Is the package registry in reach?"
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        local version
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install "python$version-venv" ||
            fail "$python has no venv module. Install it (apt-get install python$version-venv) and try again."
    fi
    say "Making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV"
}

find_python() {
    local name
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; none found as ${PYTHON:-python3.13, python3.12, python3.11 or python3}." \
        "Install one (apt-get install python3 python3-venv) or name it: make app PYTHON=/path/to/python."
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Debian's chromium first; where there is none (Ubuntu has it only as a snap), the build that Playwright
# brings.
set_up_browser() {
    if has_browser; then
        return
    fi
    if [[ -n ${VIN_DESK_BROWSER:-} ]]; then
        fail "VIN_DESK_BROWSER=$VIN_DESK_BROWSER does not run. Correct it, or unset it to have one found."
    fi
    if apt_install chromium && has_browser; then
        return
    fi
    say "Fetching the browser that Playwright brings"
    local -a libraries=()
    if may_be_root; then
        libraries=(--with-deps)
    fi
    if "$VENV_PYTHON" -m playwright install "${libraries[@]}" chromium >/dev/null 2>&1 && has_browser; then
        return
    fi
    fail "No Chromium or Chrome found for the interface tests, and none could be installed." \
        "Install one (apt-get install chromium) or name it: VIN_DESK_BROWSER=/path/to/chrome make test." \
        "Without it: make test ARGS='-m \"not browser\"'."
}

# The same places, in the same order, as find_browser in tests/conftest.py.
has_browser() {
    local name own
    if [[ -n ${VIN_DESK_BROWSER:-} ]]; then
        "$VIN_DESK_BROWSER" --version >/dev/null 2>&1
        return
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu ships a chromium-browser that only says where to get it, so it must answer.
        if "$name" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    own=$("$VENV_PYTHON" -c '
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)' 2>/dev/null) && [[ -x $own ]]
}

set_up_fonts() {
    apt_install "${FONTS[@]}" ||
        fail "Fonts are installed as root or with sudo: apt-get install ${FONTS[*]}" \
            "(leave out the names that your release does not have)."
    if command -v fc-cache >/dev/null; then
        fc-cache -f
    fi
}

# Install those of the named Debian packages that exist; false where that is not possible or none does.
apt_install() {
    command -v apt-get >/dev/null && may_be_root || return 1
    say "Looking for Debian packages: $*"
    as_root apt-get update -qq || say "apt-get update failed; going on with the lists that are there"
    local name
    local -a known=()
    # One unknown name would make apt-get refuse them all.
    for name in "$@"; do
        if [[ $(apt-cache policy "$name" 2>/dev/null) =~ Candidate:\ [^\(] ]]; then
            known+=("$name")
        fi
    done
    ((${#known[@]})) || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${known[@]}" >/dev/null
}

may_be_root() {
    [[ $(id -u) -eq 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

say() {
    printf '%s\n' "setup: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

main "$@"
