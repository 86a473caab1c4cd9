"""The whole circle, headless: one stage a function, real worker processes, one JSON report."""
