DROP TABLE access_request_groups;
