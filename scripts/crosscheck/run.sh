#!/bin/sh
# Builds the Python environment once and the program, then compares; arguments go to crosscheck.py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=${CROSSCHECK_VENV:-$target/crosscheck-venv}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" --package repro
cd "$root"
exec "$venv/bin/python" "$here/crosscheck.py" --repro "$target/release/repro" "$@"
