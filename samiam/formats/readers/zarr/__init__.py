"""Zarr of versions 2 and 3, in a folder or a ZIP file: OME-Zarr, hyperspy's, xarray's and plain arrays."""
