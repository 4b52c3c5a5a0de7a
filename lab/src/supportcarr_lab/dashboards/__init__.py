"""Grafana's dashboards, written in Python and generated as JSON."""
