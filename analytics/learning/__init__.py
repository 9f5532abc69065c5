"""The mathematics: arrays in, arrays out; no database, no clock, no settings.

numpy and its friends are imported inside functions: whoever only shows figures need not wait for them.
"""
