"""BERT4Rec as Usher builds it, in PyTorch: the same layers, the same sums, for timing and golden values."""

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, dim, heads, dropout, use_sdpa, pre_norm=False):
        super().__init__()
        self.heads, self.use_sdpa, self.pre_norm = heads, use_sdpa, pre_norm
        self.attention_input = nn.Linear(dim, 3 * dim)
        self.attention_output = nn.Linear(dim, dim)
        self.attention_norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, 4 * dim)
        self.contract = nn.Linear(4 * dim, dim)
        self.forward_norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x, bias, is_causal):
        batch, length, dim = x.shape
        q, k, v = self.attention_input(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if self.use_sdpa:
            # It takes either, and is faster where it knows what is hidden.
            mask = None if is_causal else bias
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=is_causal)
        else:
            scores = q @ k.transpose(-1, -2) / (dim // self.heads) ** 0.5
            if bias is not None:
                scores = scores + bias
            attended = scores.softmax(-1) @ v
        return self.attention_output(attended.transpose(1, 2).reshape(batch, length, dim))

    def forward(self, x, bias, is_causal=False):
        if self.pre_norm:
            x = x + self.dropout(self.attend(self.attention_norm(x), bias, is_causal))
            return x + self.dropout(self.contract(F.gelu(self.expand(self.forward_norm(x)))))
        x = self.attention_norm(x + self.dropout(self.attend(x, bias, is_causal)))
        return self.forward_norm(x + self.dropout(self.contract(F.gelu(self.expand(x)))))


def start_weights(model):
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            nn.init.trunc_normal_(parameter, std=0.02, a=-0.04, b=0.04)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)


class Bert4Rec(nn.Module):
    """Tokens: 0 is padding, 1 to N the items, N + 1 the mask."""

    def __init__(self, num_items, dim, blocks, heads, max_length, dropout=0.0, use_sdpa=False, pre_norm=False):
        super().__init__()
        self.num_items = num_items
        self.items = nn.Embedding(num_items + 2, dim)
        self.positions = nn.Parameter(torch.empty(max_length, dim))
        self.embedding_norm = nn.LayerNorm(dim)
        self.blocks = nn.ModuleList(Block(dim, heads, dropout, use_sdpa, pre_norm) for _ in range(blocks))
        self.head = nn.Linear(dim, dim)
        self.head_norm = nn.LayerNorm(dim)
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        self.dropout = nn.Dropout(dropout)
        start_weights(self)

    def loss(self, tokens, positions, targets, weights, has_padding=True):
        length = tokens.shape[1]
        x = self.items(tokens) + self.positions[-length:]
        x = self.dropout(self.embedding_norm(x))
        key_bias = None
        if has_padding:
            key_bias = torch.zeros(tokens.shape, dtype=x.dtype).masked_fill(tokens == 0, -1e9)[:, None, None, :]
        for block in self.blocks:
            x = block(x, key_bias)
        hidden = x.reshape(-1, x.shape[-1])[positions]
        hidden = self.head_norm(F.gelu(self.head(hidden)))
        logits = F.linear(hidden, self.items.weight[1 : self.num_items + 1], self.item_bias)
        return (F.cross_entropy(logits, targets, reduction="none") * weights).sum()
