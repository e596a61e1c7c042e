"""Commands that make the files in ``data``: the model and the table of towns. Nothing here runs in the product."""
