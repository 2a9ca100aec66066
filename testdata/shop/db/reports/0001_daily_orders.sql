-- stagecraft: compatible
-- What was ordered each day, for whoever counts.
CREATE VIEW daily_orders AS
    SELECT ordered::date AS day, product, count(*) AS orders FROM orders GROUP BY 1, 2;
