#!/bin/sh
# Runs a command where the kernel has CAN: scripts/kernel-can.sh [--writable DIR] COMMAND [ARGUMENT ...]; --help tells all.
# Directly if this kernel has it, else inside a small virtual machine; says on stderr which way it took.
set -eu
. "$(dirname -- "$0")/bootstrap.sh"
bring_node
bring_dependencies
bring_addon
cd "${OLDPWD:-$ROOT}"
exec node "$ROOT/hil/src/main.ts" kernel-can "$@"
