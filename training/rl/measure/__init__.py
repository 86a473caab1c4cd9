"""Evaluation: metrics, intervals, calibration."""
