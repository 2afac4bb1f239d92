DROP TABLE key_dates;
