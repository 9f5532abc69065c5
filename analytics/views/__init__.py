"""Pages of analytics: dashboards, segments, retention, contribution, forecast, models."""
