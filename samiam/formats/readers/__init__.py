"""Files to micrographs: a module for each family of formats, behind `read_micrograph`."""
