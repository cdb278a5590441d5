"""From materials of masks to regions of pixels: what each belongs to, what is joined or divided, and the grains."""
