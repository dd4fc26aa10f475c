"""The peer of `npm run bench -- epoch`: epochs of RecTools' BERT4Rec and SASRec.

Reads JSON lines. The first describes model and data; each of the others asks for one epoch. Answers
each with one line. An epoch's time is Lightning's, from its first batch to its last: batching and
masking are in it, reading the data and building the model are not.
"""

import json
import sys

from rectools_models import VERSION, Stopwatch, create_model, read_dataset

setup = json.loads(sys.stdin.readline())
dataset = read_dataset(setup["data"])
model = create_model(setup)
print(json.dumps({"version": VERSION}), flush=True)
for _ in sys.stdin:
    model.fit_partial(dataset, min_epochs=1, max_epochs=1)
    print(json.dumps({"seconds": Stopwatch.seconds}), flush=True)
