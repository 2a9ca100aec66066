"""The kinds of proxies there are, by the name that `driver:` gives them."""

from stagecraft.ingress.caddy import Caddy
from stagecraft.ingress.haproxy import Haproxy
from stagecraft.ingress.protocol import Driver
from stagecraft.model.ingress import DriverName

DRIVERS: dict[DriverName, Driver] = {DriverName.HAPROXY: Haproxy(), DriverName.CADDY: Caddy()}
