"""What a text asks of the machine, and what it keeps to itself (stagecraft/compose/public.py)."""

from stagecraft.compose.public import Port, hidden, images, platforms, ports

TEXT = """\
services:
  web:
    image: acme/web:1.0
    platform: linux/arm64
    environment:
      SHOWN: shown-in-the-text
    ports:
      - {target: 80, published: "8080", protocol: tcp, host_ip: 127.0.0.1}
      - {target: 53, published: "53", protocol: udp, host_ip: 0.0.0.0}
      - {target: 81, published: "9000-9010", protocol: tcp}
      - {target: 82, protocol: tcp}
  db:
    image: postgres:15
"""


def test_only_fixed_ports_can_clash() -> None:
    assert (Port("web", "", 53, "udp"), Port("web", "127.0.0.1", 8080, "tcp")) == ports(TEXT)


def test_images_and_platforms_are_those_of_the_text() -> None:
    assert {"web": "acme/web:1.0", "db": "postgres:15"} == images(TEXT)
    assert {"web": "linux/arm64"} == platforms(TEXT)


def test_what_only_an_env_file_supplies_is_hidden() -> None:
    resolved = {
        "services": {
            "web": {
                "environment": {
                    "SHOWN": "shown-in-the-text",
                    "TOKEN": "price$$less",
                    "SHORT": "true",
                    "EMPTY": None,
                    "ELSEWHERE": "postgres:15",
                }
            }
        }
    }

    assert {"TOKEN": "price$less"} == hidden(TEXT, resolved)
