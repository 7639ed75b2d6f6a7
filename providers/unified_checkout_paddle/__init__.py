"""Paddle's transactions in the common language."""

from unified_checkout_paddle.adapter import PaddleAdapter

__all__ = ["PaddleAdapter"]
