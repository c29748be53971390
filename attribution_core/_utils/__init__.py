"""Modules at the places where Captum's users import them from."""
