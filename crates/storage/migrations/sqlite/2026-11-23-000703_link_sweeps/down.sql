DROP TABLE link_sweeps;
