"""The small pages that mailed links lead to: plain files, without JupyterLab and without anybody else's script."""
