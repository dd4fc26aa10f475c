"""The peer of `npm run bench -- train-step`: a training step in PyTorch.

Reads JSON lines. The first describes the model and the batch, with "attention" either "plain" or
"sdpa"; each of the others asks for some steps, {"steps": 5}. Answers each with one line.
"""

import json
import sys
import time

import torch

from bert4rec_torch import Bert4Rec
from sasrec_torch import SasRec


def create_step(setup):
    create = {"bert4rec": Bert4Rec, "sasrec": SasRec}[setup["kind"]]
    model = create(
        setup["numItems"],
        setup["embeddingDim"],
        setup["numBlocks"],
        setup["numHeads"],
        setup["length"],
        setup["dropoutRate"],
        use_sdpa=setup["attention"] == "sdpa",
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=setup["learningRate"])
    tokens = torch.tensor(setup["tokens"]).view(-1, setup["length"])
    positions, targets = torch.tensor(setup["positions"]), torch.tensor(setup["targets"])
    weights = torch.full(targets.shape, 1 / len(targets))
    has_padding = bool((tokens == 0).any())
    compute_loss = torch.compile(model.loss) if setup["isCompiled"] else model.loss

    def step():
        optimizer.zero_grad()
        loss = compute_loss(tokens, positions, targets, weights, has_padding)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def answer(value):
    print(json.dumps(value), flush=True)


def measure(step):
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


step = create_step(json.loads(sys.stdin.readline()))
answer({"version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"})
for line in sys.stdin:
    answer({"milliseconds": [measure(step) for _ in range(json.loads(line)["steps"])]})
