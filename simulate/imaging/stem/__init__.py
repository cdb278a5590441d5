"""What the microscope does to an ideal image: probe, scan, detector and dirt.

An ideal image goes through the optics, is read at the positions the scan really reached, thins under contamination
and is counted: `through_optics`, `scan_positions`, `jittered`, `sample`, `contamination`, `detect`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
