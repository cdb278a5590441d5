"""What lies under the beam: layers, their interfaces and defects, and where every column of atoms stands."""
