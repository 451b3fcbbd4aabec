"""The former name of ``both_doors``, for answers to lesson 15 that were written before."""

from both_doors import *  # type: ignore[import-not-found]  # noqa: F403
