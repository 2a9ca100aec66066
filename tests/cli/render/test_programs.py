"""What builders and pushes say of how far they are (stagecraft/cli/render/programs.py)."""

import pytest

from stagecraft.cli.render.programs import Layers, built


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#7 [web 4/7] RUN pip install flask", ("web", "layer 4/7: RUN pip install flask")),
        ("#9 [worker base 1/1] COPY a /c", ("worker", "layer 1/1 of base: COPY a /c")),
        ("#4 [web internal] load build context", ("web", "load build context")),
        ("#13 [web] exporting to image", ("web", "exporting to image")),
        ("#1 [internal] load local bake definitions", None),
        ("#3 [auth] library/python:pull token for registry-1.docker.io", None),
        ("#7 DONE 0.3s", None),
        ("#7 0.412 Collecting flask", None),
        ('#0 building with "default" instance using docker driver', None),
    ],
)
def test_a_line_of_buildkit(line: str, expected: tuple[str, str] | None) -> None:
    """As `docker buildx bake --progress plain` of 0.13.1 wrote them."""
    assert expected == built(line)


def test_a_push_counts_its_layers() -> None:
    layers = Layers()
    said = [
        layers.take(line)
        for line in (
            "The push refers to repository [localhost:5000/shop/web]",
            "5f70bf18a086: Preparing",
            "0f9e8d7c6b5a: Preparing",
            "5f70bf18a086: Pushed",
            "0f9e8d7c6b5a: Layer already exists",
        )
    ]
    assert ["0 of 1 layers", "0 of 2 layers", "1 of 2 layers", "2 of 2 layers"] == said[1:]
    assert "The push refers to repository [localhost:5000/shop/web]" == said[0]
