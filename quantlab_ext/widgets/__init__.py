"""Charts that a cell shows: anywidgets, which need no JupyterLab extension of ours. Imported when one is made."""
