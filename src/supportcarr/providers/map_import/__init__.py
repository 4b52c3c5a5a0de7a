"""``supportcarr map import``: streets and names of a region from OpenStreetMap.

Reading (osmium) and the tiles' container (PMTiles) are libraries of the extra ``supportcarr[map]``; only this
package imports them, and only the command imports this package.
"""
