"""The time charts of a page, drawn by bokeh."""
