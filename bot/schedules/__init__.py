"""Saved questions that are asked by the clock, and where their answers go."""
