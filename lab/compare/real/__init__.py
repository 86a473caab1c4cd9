"""Suite ``real``: ratings that people gave to a shop's own pairs, in folds by query."""
