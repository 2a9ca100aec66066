DROP INDEX orders_by_state;
