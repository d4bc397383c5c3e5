"""Nothing in between, and our own nginx: what all others are compared with."""

from rig.product import Expected, Product, reverse


class Direct(Product):
    name = "none"
    quick = True
    expected = Expected("websocket", because="nothing is in the way")

    def start(self, stage):
        return reverse(stage.upstream)


class OurNginx(Product):
    name = "nginx, as we configure it"
    packages = ("nginx",)
    quick = True
    expected = Expected("websocket", because="it passes Upgrade on and does not buffer")
    shown_as = "nginx"

    def start(self, stage):
        return reverse(stage.proxy())
