"""Studies: figures computed from bars, on the server, so that charts, cells and scripts show the same."""
