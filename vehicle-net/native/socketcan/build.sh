#!/bin/sh
# Builds the SocketCAN add-on into dist/ with the C compiler of the machine, against the headers of the Node in PATH.
# Does nothing where dist/ is newer than the source. Without it the driver falls back to the npm package socketcan.
set -eu
cd "$(dirname -- "$0")"
[ "$(uname -s)" = Linux ] || { echo "SocketCAN is a part of Linux; this is $(uname -s)." >&2; exit 1; }
out=dist/socketcan-$(node -p process.arch).node
[ ! "$out" -nt socketcan.c ] || exit 0
cc=${CC:-cc}
command -v "$cc" >/dev/null || { echo "no C compiler: install gcc, or set CC (Debian: apt-get install gcc libc6-dev)." >&2; exit 1; }
include=${npm_config_nodedir:-$(dirname "$(dirname "$(node -p process.execPath)")")}/include/node
[ -f "$include/node_api.h" ] || { echo "no Node headers in $include; set npm_config_nodedir to a Node that has them." >&2; exit 1; }
mkdir -p dist
# Written beside and renamed, so that nobody loads half a file.
"$cc" -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -I"$include" -o "$out.$$" socketcan.c
mv "$out.$$" "$out"
