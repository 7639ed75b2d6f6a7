"""OpenTelemetry's own SDK, which tells a test what it was told."""

from __future__ import annotations

from typing import Any

import pytest

from unified_checkout.observers import OpenTelemetryObserver

trace = pytest.importorskip("opentelemetry.sdk.trace")
metrics = pytest.importorskip("opentelemetry.sdk.metrics")


class Telemetry:
    """OpenTelemetry's own SDK, kept in memory."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.tracers = trace.TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = metrics.MeterProvider(metric_readers=[self.reader])
        self.observer = OpenTelemetryObserver(self.tracers, self.meters)

    @property
    def requests(self) -> list[Any]:
        return [span for span in self.exporter.get_finished_spans() if span.name == "GET"]

    def points(self, name: str) -> list[Any]:
        told: Any = self.reader.get_metrics_data()
        return [
            point
            for resource in told.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]
