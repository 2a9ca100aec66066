-- stagecraft: compatible
CREATE INDEX orders_by_state ON orders (state);
