"""Lightning modules and data modules: hooks around the networks of `samiam.texture`."""
