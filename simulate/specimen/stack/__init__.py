"""A specimen made concrete: where every interface and boundary runs, which layer and crystal is where.

Lateral positions x and heights h along the growth direction are in Å; h grows upwards, y = −h. Interfaces of crystals
run half-way between planes of atoms, so that a layer's outline and its columns agree.
"""

from simulate.specimen.stack.cells import PlaneCell, plane_cell
from simulate.specimen.stack.stack import Domain, Stack, build_stack
from simulate.specimen.stack.surfaces import Profile
from simulate.specimen.stack.waves import Waves

__all__ = ["PlaneCell", "plane_cell", "Profile", "Waves", "Domain", "Stack", "build_stack"]
