"""Settled outcomes as files for people and programs, and as a page on the terminal."""

from vtex_tracking.report.advice import advice_for
from vtex_tracking.report.files import ReportFiles, write_report
from vtex_tracking.report.folder import prepare_folder
from vtex_tracking.report.results import EarlyResults
from vtex_tracking.report.terminal import render_summary

__all__ = ["EarlyResults", "ReportFiles", "advice_for", "prepare_folder", "render_summary", "write_report"]
