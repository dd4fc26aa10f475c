"""The peer of `npm run bench -- prepare`: the same preparation by pandas.

    python prepare_pandas.py ratings.csv

Reads a MovieLens CSV file, drops identical rows, keeps the latest of conflicting ones, numbers
users and items by their first appearance, and orders each user's rows by time, then file order.
Prints one JSON object: counts, a checksum of the items in order, peak memory and processor time.
"""

import json
import resource
import sys

import numpy as np
import pandas as pd

frame = pd.read_csv(
    sys.argv[1],
    dtype={"userId": "int32", "movieId": "int32", "rating": "float32", "timestamp": "int64"},
)
frame["userId"], users = pd.factorize(frame["userId"])
frame["movieId"], items = pd.factorize(frame["movieId"])
frame = frame.drop_duplicates()
frame = frame.sort_values(["userId", "timestamp"], kind="stable")
frame = frame.drop_duplicates(["userId", "movieId"], keep="last")

item_of_row = frame["movieId"].to_numpy(np.uint32)
ratings = frame["rating"].to_numpy(np.float32)
timestamps = frame["timestamp"].to_numpy(np.float64)
offsets = np.concatenate([[0], np.bincount(frame["userId"], minlength=len(users)).cumsum()])

weights = np.arange(len(item_of_row), dtype=np.int64) % 1009
checksum = int((item_of_row * weights).sum())
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "users": len(users),
            "items": len(items),
            "rows": int(offsets[-1]),
            "checksum": checksum,
            "peakBytes": usage.ru_maxrss * 1024,  # kilobytes on Linux
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
        }
    )
)
