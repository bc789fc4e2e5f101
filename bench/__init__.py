"""What listening costs: `python -m bench` measures it beside the same calls without a listener."""
