"""Ratings: what rider and driver of a rescue say of each other, and the average of each person."""
