#!/usr/bin/env bash
# pyarrow 26.0.1 (PyPI): pyarrow.dataset.write_dataset() of batches from a generator that raises midway.
#
# Guessed: the files that were begun stay behind, without the footer, so that whoever reads the data set gets an error.
# Seen: the exception is raised, and each file that was begun is completed with its footer. What is left is a data set that
# reads without an error and lacks rows; nothing tells it from a whole one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - <<'PROGRAM'
import pyarrow as pa
import pyarrow.dataset as ds

schema = pa.schema({"value": pa.int64()})


def batches():
    for number in range(20):
        if number == 15:
            raise RuntimeError("the source ends")
        yield pa.record_batch({"value": range(number * 100_000, (number + 1) * 100_000)}, schema=schema)


try:
    ds.write_dataset(batches(), "set", schema=schema, format="parquet", max_rows_per_file=400_000, max_rows_per_group=100_000)
except RuntimeError as error:
    print(f"raised: {error}")
else:
    raise SystemExit("nothing was raised")
rows = ds.dataset("set", schema=schema).to_table().num_rows
print(f"{rows} of 2,000,000 rows are read without an error")
assert 0 < rows < 2_000_000
PROGRAM
