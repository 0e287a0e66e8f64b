#!/bin/bash
# A batch as a Slurm job array: each task plays one shard.
#
#   sbatch slurm-array.sh
#
# A task that was killed, or ran out of time, goes on where it was if it is submitted again. Alone, with the number of
# all:
#
#   sbatch --array=5 --export=ALL,SHARDS=16 slurm-array.sh
#
# To adapt: the number of shards (array), the workers of each (cpus-per-task), the time, and what follows `set -eu`.
# The signal leaves a minute to put things away before the time is over.

#SBATCH --job-name=peacesim
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=1G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60

set -eu

SCENARIOS=${SCENARIOS:-scenarios}                   # files or folders
RUNS=${RUNS:-100000}                                # of each scenario, the same in all tasks
RESULTS=${RESULTS:-results}                         # a folder that all nodes see
SHARDS=${SHARDS:-$SLURM_ARRAY_TASK_COUNT}

# exec: the signal is to reach peacesim and not only this shell. SCENARIOS may be several words.
# shellcheck disable=SC2086
exec peacesim batch $SCENARIOS -n "$RUNS" --out "$RESULTS" \
    --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --workers "${SLURM_CPUS_PER_TASK:-1}"
