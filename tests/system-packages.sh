#!/usr/bin/env bash
# Installs PostgreSQL, Chromium, Kannel and what certificates are drawn with for the tests where we may (root on Debian), and says what is missing where we may not.
set -euo pipefail

missing=()
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
[ -x /usr/sbin/bearerbox ] || command -v bearerbox >/dev/null || missing+=(kannel)
[ -x /usr/lib/kannel/test/fakesmsc ] || missing+=(kannel-extras)
command -v fc-list >/dev/null || missing+=(fontconfig)
has() { command -v fc-list >/dev/null && [ -n "$(fc-list ":lang=$1" family)" ]; }
has ta || missing+=(fonts-noto-core)
has zh-cn || missing+=(fonts-noto-cjk)
library() { compgen -G "/usr/lib/*/$1.so.0*" >/dev/null || compgen -G "/usr/lib*/$1.so.0*" >/dev/null; }
library libpango-1.0 || missing+=(libpango-1.0-0)
library libpangoft2-1.0 || missing+=(libpangoft2-1.0-0)
library libharfbuzz-subset || missing+=(libharfbuzz-subset0)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} for the tests ..."
    log=$(mktemp)
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log"
    rm -f "$log"
fi

echo "Not installed here: ${missing[*]}. The tests that need them are skipped; the end of the run says which and why."
