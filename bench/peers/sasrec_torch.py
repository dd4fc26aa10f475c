"""SASRec as Usher builds it, in PyTorch: the same layers, the same sums, for timing."""

import torch
from torch import nn
from torch.nn import functional as F

from bert4rec_torch import Block, start_weights


class SasRec(nn.Module):
    """Tokens: 1 to N are the items. Sequences are whole: nothing is padded."""

    def __init__(self, num_items, dim, blocks, heads, max_length, dropout=0.0, use_sdpa=False):
        super().__init__()
        self.num_items = num_items
        self.items = nn.Embedding(num_items + 1, dim)
        self.positions = nn.Parameter(torch.empty(max_length, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, dropout, use_sdpa, pre_norm=True) for _ in range(blocks))
        self.final_norm = nn.LayerNorm(dim)
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        self.dropout = nn.Dropout(dropout)
        start_weights(self)

    def loss(self, tokens, positions, targets, weights, has_padding=False):
        length = tokens.shape[1]
        x = self.dropout(self.items(tokens) + self.positions[-length:])
        later = torch.full((length, length), -1e9).triu(1)
        for block in self.blocks:
            x = block(x, later, is_causal=True)
        hidden = self.final_norm(x.reshape(-1, x.shape[-1])[positions])
        logits = F.linear(hidden, self.items.weight[1:], self.item_bias)
        return (F.cross_entropy(logits, targets, reduction="none") * weights).sum()
