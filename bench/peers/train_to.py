"""The peer of `npm run bench -- train-to`: RecTools' SASRec from a raw file to a validation nDCG@10.

Reads one JSON line: the shape, the file (rows `user item`, oldest first) and the target. The last item
of each user is never looked at, the last but one is for validation. Writes a line after every epoch,
with what it reached; ends at the target.
"""

import json
import sys

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.dataset import Dataset

from rectools_models import VERSION, create_model

setup = json.loads(sys.stdin.readline())
frame = pd.read_csv(setup["data"], sep=" ", names=[Columns.User, Columns.Item])
frame[Columns.Datetime] = pd.to_datetime(frame.index, unit="s")
frame[Columns.Weight] = 1
from_end = frame.groupby(Columns.User).cumcount(ascending=False)
dataset = Dataset.construct(frame[from_end >= 2])
wanted = frame[from_end == 1].set_index(Columns.User)[Columns.Item]
known = wanted[wanted.index.isin(dataset.user_id_map.external_ids)]
print(json.dumps({"version": VERSION}), flush=True)

model = create_model(setup)
for epoch in range(1, setup["maxEpochs"] + 1):
    model.fit_partial(dataset, min_epochs=1, max_epochs=1)
    lists = model.recommend(known.index.to_numpy(), dataset, k=10, filter_viewed=True)
    hits = lists[lists[Columns.Item].to_numpy() == known[lists[Columns.User]].to_numpy()]
    ndcg = float((1 / np.log2(hits[Columns.Rank] + 1)).sum() / len(known))
    print(json.dumps({"epoch": epoch, "ndcg": ndcg}), flush=True)
    if ndcg >= setup["target"]:
        break
