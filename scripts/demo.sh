#!/bin/sh
# One update, end to end: cloud, bus, three ECUs and a gateway on this machine. `scripts/demo.sh --help` lists the options.
set -eu
. "$(dirname -- "$0")/bootstrap.sh"
bootstrap
exec node bench/src/main.ts demo "$@"
