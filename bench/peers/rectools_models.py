"""RecTools' models with our settings, for the peers that train or recommend."""

import logging
import time
import warnings
from importlib.metadata import version

import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel, SASRecModel

warnings.simplefilter("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

VERSION = f"RecTools {version('rectools')}, PyTorch {torch.__version__}"


class Stopwatch(Callback):
    # Of the class, because RecTools trains with a copy of the trainer and its callbacks.
    start = seconds = 0.0

    def on_train_epoch_start(self, trainer, module):
        Stopwatch.start = time.perf_counter()

    def on_train_epoch_end(self, trainer, module):
        Stopwatch.seconds = time.perf_counter() - Stopwatch.start


def read_dataset(path):
    """Rows `user item`, oldest first: what we train on, too."""
    frame = pd.read_csv(path, sep=" ", names=[Columns.User, Columns.Item])
    frame[Columns.Datetime] = pd.to_datetime(frame.index, unit="s")
    frame[Columns.Weight] = 1
    return Dataset.construct(frame)


def create_model(setup, **limits):
    """`limits` are of the Trainer, e.g. how many batches an epoch has."""

    def create_trainer():
        return Trainer(
            max_epochs=1,
            min_epochs=1,
            accelerator="cpu",
            callbacks=[Stopwatch()],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            **limits,
        )

    options = {
        "n_blocks": setup["numBlocks"],
        "n_heads": setup["numHeads"],
        "n_factors": setup["embeddingDim"],
        "dropout_rate": setup["dropoutRate"],
        "session_max_len": setup["length"],
        "batch_size": setup["batchSize"],
        "lr": setup["learningRate"],
        "loss": "softmax",
        "get_trainer_func": create_trainer,
    }
    if setup["model"] == "sasrec":
        return SASRecModel(**options)
    return BERT4RecModel(mask_prob=setup["maskProbability"], **options)
