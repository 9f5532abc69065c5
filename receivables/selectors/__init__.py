"""Reads of receivables across models."""
