DROP INDEX access_links_of_vendor;
