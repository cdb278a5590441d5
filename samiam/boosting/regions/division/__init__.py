"""Regions that are several: two parts that are not alike, layers of a crystal, grains."""
