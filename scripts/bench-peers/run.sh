#!/bin/sh
# Builds the Python environment once and the Rust side, then measures: `run.sh` rules and steps, `run.sh rules ARGS` or
# `run.sh steps ARGS` one of them, with arguments for bench_peers.py or bench_step.py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=${PEERS_VENV:-$target/bench-peers-venv}
data=${ROBUST_DATA_DIR:-$root/data}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p robust-core -p attacks -p training \
    --example peer_bench --example peer_attack --example peer_step
examples=$target/release/examples

rules() {
    "$venv/bin/python" "$here/bench_peers.py" "$examples/peer_bench" "$examples/peer_attack" "$@"
}

steps() {
    "$venv/bin/python" "$here/bench_step.py" "$examples/peer_step" "$data" "$@"
}

what=${1:-all}
[ $# -eq 0 ] || shift
case $what in
    all) rules && steps ;;
    rules) rules "$@" ;;
    steps) steps "$@" ;;
    *) echo "usage: run.sh [rules|steps [ARGUMENTS]]" >&2 && exit 2 ;;
esac
