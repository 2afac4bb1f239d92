DROP TABLE telemetry_drops;
DROP TABLE refused_requests;
