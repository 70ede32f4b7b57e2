#!/bin/bash
# Submits what is missing of a grid as an array of TASKS tasks; after failures or cancelled tasks, the
# same command submits only those that still miss something.
#
#   scripts/slurm/submit.sh TASKS EXPERIMENT.yaml [OPTION OF repro run]...
#
# The results are on a folder that all nodes share; once nothing is missing, `repro table` is the merge.
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n 's/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
export SHARDS=$1 REPRO=${REPRO:-target/release/repro}
shift

missing=()
for ((task = 1; task <= SHARDS; task++)); do
    plan=$("$REPRO" run "$@" --shard "$task/$SHARDS" --dry-run)
    grep -q ' 0 missing' <<<"$plan" || missing+=("$task")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo 'nothing is missing'
    exit
fi
sbatch --array="$(IFS=, && echo "${missing[*]}")" "$(dirname "$0")/task.sh" "$@"
