"""The shop's pages."""

import os
import tomllib
from pathlib import Path

from database import transaction
from flask import Flask, redirect, render_template

app = Flask(__name__, template_folder=".")
settings = tomllib.loads(Path("/etc/shop.toml").read_text(encoding="utf-8"))


@app.get("/")
def index():
    """The products, and how many of each were sent."""
    with transaction() as cursor:
        cursor.execute(
            "SELECT p.id, p.name, p.cents, count(o.id) FILTER (WHERE o.state = 'sent') AS sent "
            "FROM products p LEFT JOIN orders o ON o.product = p.id GROUP BY p.id ORDER BY p.name"
        )
        products = cursor.fetchall()
    environment = {"currency": os.environ["CURRENCY"], "url": os.environ["PUBLIC_URL"]}
    return render_template("shop.html", products=products, **settings, **environment)


@app.post("/buy/<int:product>")
def buy(product):
    """Order one; the worker sends it."""
    with transaction() as cursor:
        cursor.execute("INSERT INTO orders (product) SELECT id FROM products WHERE id = %s", (product,))
    return redirect("/")


@app.get("/up")
def up():
    """Healthy means that the database answers."""
    with transaction() as cursor:
        cursor.execute("SELECT 1")
    return "up\n"
