"""The peer of `npm run bench -- evaluate`: RecTools' SASRec recommends ten items to every user.

Reads JSON lines. The first describes model and data; each of the others asks for the lists of all
users. Answers each with one line. The model has seen one batch: what it recommends does not matter.
Metrics are not part of it.
"""

import json
import sys
import time

from rectools import Columns

from rectools_models import VERSION, create_model, read_dataset

setup = json.loads(sys.stdin.readline())
dataset = read_dataset(setup["data"])
model = create_model(setup, limit_train_batches=1)
model.fit(dataset)
users = dataset.user_id_map.external_ids
print(json.dumps({"version": VERSION}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    lists = model.recommend(users, dataset, k=10, filter_viewed=True)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "users": lists[Columns.User].nunique()}), flush=True)
