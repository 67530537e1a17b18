"""The profiler's database: schema, writer, maintenance and reader."""
