"""How Evergauge learns of objects: credentials, HTTP client, feeds. It knows nothing of metrics."""
