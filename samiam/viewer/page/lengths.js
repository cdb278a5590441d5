// Lengths as they are said to people.

// The unit in which a length is said, and how many nm it has.
export function lengthUnit(nm) {
  if (nm >= 1e6) return [1e6, "mm"];
  return nm >= 1e3 ? [1e3, "µm"] : [1, "nm"];
}
