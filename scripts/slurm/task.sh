#!/bin/bash
#SBATCH --job-name=repro
#SBATCH --cpus-per-task=1
#SBATCH --output=slurm-%A_%a.out
# One share of a grid: task I of SHARDS computes every SHARDS-th run, on a folder that all share.
# submit.sh submits it; sbatch reads its options from SBATCH_* variables.
set -euo pipefail
# `exec`, so that the signal of a cancelled job reaches the program, which then keeps its state.
exec "$REPRO" run "$@" --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --jobs "$SLURM_CPUS_PER_TASK"
