DROP VIEW daily_orders;
