"""Pictures of answers, drawn in the process from Vega-Lite specifications and plain SVG."""
