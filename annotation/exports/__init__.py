"""Writing what people said in the formats that others read (docs/exporting.md)."""
