#!/bin/bash
# Shows on one Debian machine, as root, that a grid computed by Slurm gives the table of one process,
# byte for byte, also after a task was cancelled and submitted again.
#
#   scripts/slurm/test-local.sh        needs MNIST: repro data fetch mnist
#
# Slurm and munge come from Debian; their daemons run from a temporary folder, and end with the script.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo 'needs root: slurmd starts tasks as other users' >&2; exit 2; }

export REPRO=${REPRO:-$PWD/target/release/repro}
[ -x "$REPRO" ] || cargo build --release --locked --package repro
if ! command -v slurmctld munged >/dev/null; then
    apt-get update -q && apt-get install -qy --no-install-recommends slurm-wlm munge
fi

dir=$(mktemp -d)
chmod 755 "$dir"
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$dir"
}
trap cleanup EXIT

head -c 1024 /dev/urandom >"$dir/munge.key"
chmod 400 "$dir/munge.key"
munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
    --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" \
    2>>"$dir/munged.log" &
pids+=($!)

host=$(hostname -s)
cores=$(nproc)
export SLURM_CONF=$dir/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=10
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=local Nodes=$host Default=YES State=UP
CONF
mkdir "$dir/state" "$dir/spool"
slurmctld -D >"$dir/slurmctld.log" 2>&1 &
pids+=($!)
slurmd -D -N "$host" >"$dir/slurmd.log" 2>&1 &
pids+=($!)
for _ in $(seq 60); do
    [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && break
    sleep 1
done
sinfo

grid=(experiments/fig1.yaml --profile smoke)
export SBATCH_OUTPUT=$dir/task-%a.out

finished() {
    while [ -n "$(squeue --noheader --me)" ]; do sleep 0.5; done
}

echo '== one process'
"$REPRO" run "${grid[@]}" --results "$dir/single"
"$REPRO" table "${grid[@]}" --results "$dir/single" >/dev/null

echo '== an array of 4 tasks, of which the first is cancelled'
scripts/slurm/submit.sh 4 "${grid[@]}" --results "$dir/array" | tee "$dir/submitted"
job=$(grep -o '[0-9]*$' "$dir/submitted")
until [ "$(squeue --noheader --array --format=%t --jobs "${job}_1")" = R ]; do sleep 0.05; done
# Once a run is locked, signals are heard.
until compgen -G "$dir/array/fig1/smoke/*.lock" >/dev/null; do sleep 0.05; done
squeue --array
scancel "${job}_1"
finished
tail -n 2 "$dir"/task-*.out
if "$REPRO" table "${grid[@]}" --results "$dir/array"; then
    echo 'the cancelled task had nothing left to do: nothing is shown' >&2
    exit 1
fi

echo '== submitted again'
scripts/slurm/submit.sh 4 "${grid[@]}" --results "$dir/array"
finished
tail -n 2 "$dir"/task-*.out
scripts/slurm/submit.sh 4 "${grid[@]}" --results "$dir/array"
"$REPRO" table "${grid[@]}" --results "$dir/array"
cmp "$dir/single/fig1/smoke/table.csv" "$dir/array/fig1/smoke/table.csv"
echo 'the tables are the same, byte for byte'
