"""Sequences of frames, one at a time: videos, folders of images, stacks, and folders that are being filled."""
