"""The consumers of records: spans, metrics and logs. Each knows the records and OpenTelemetry."""
