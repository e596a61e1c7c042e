"""Runs the stages: the embedded runner, its store, worker processes, metrics, logs."""
