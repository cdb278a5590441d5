"""Clicks into labelled images, from which the mask decoder of SAM learns."""
