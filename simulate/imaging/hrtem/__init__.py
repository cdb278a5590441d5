"""What the microscope does to an exit wave in HRTEM: objective lens, then camera.

`intensity_spectrum` takes the wave through the lens, `expected_spectrum` to the camera, `image_of` makes an image of
it, `counted` counts its electrons. All are pure functions of arrays; lengths are in Å.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
