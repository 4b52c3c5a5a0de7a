"""Helpers of the audit log's tests."""
