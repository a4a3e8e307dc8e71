"""Fails where a page of huntc has an element, an attribute or an address that is not its own: something was not text."""
import base64
import hashlib
import html.parser
import re
import sys

ELEMENTS = set(
    "html head meta title style body header footer nav main article section h1 h2 h3 h4 p small span code pre i table caption thead tbody"
    " tr th td ul ol li dl dt dd details summary a b em strong del blockquote div br script figure mark"
    " svg g path rect polyline line text tspan desc form label select option input output button".split()
)
ATTRIBUTES = set(
    "class charset content http-equiv name lang href rel id colspan open title style role tabindex scope hidden"
    " width height x y rx ry d points x1 x2 y1 y2 viewbox text-anchor transform type min max value step for".split()
)


class Page(html.parser.HTMLParser):
    guarded = False
    policy = ""
    script = None

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS:
            sys.exit(f"the page has <{tag}> at {self.getpos()}")
        for name, value in attributes:
            if name not in ATTRIBUTES and not name.startswith(("data-", "aria-")):
                sys.exit(f"<{tag}> has {name}={value!r}")
            if name == "style" and not re.fullmatch(r"--n:\d+", value):
                sys.exit(f"<{tag}> has the style {value!r}")
            if name == "href" and (":" in value.split("/")[0] or value.startswith("/")):
                sys.exit(f"the page leads to {value!r}")
        if tag == "meta" and dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attributes)["content"]
            self.guarded |= "default-src 'none'" in self.policy and "script-src 'sha256-" in self.policy
        elif tag == "meta" and "http-equiv" in dict(attributes):
            sys.exit(f"<meta {attributes}>")
        if tag == "script":
            if self.script is not None or attributes:
                sys.exit("the page has a script that is not its own")
            self.script = ""

    def handle_data(self, data):
        if self.script is not None and self.lasttag == "script" and not self.script:
            self.script = data

    def handle_comment(self, data):
        sys.exit(f"the page has a comment: {data!r}")

    def handle_pi(self, data):
        sys.exit(f"the page has <?{data}>")


for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    page = Page()
    page.feed(text)
    digest = base64.b64encode(hashlib.sha256((page.script or "").encode()).digest()).decode()
    if f"'sha256-{digest}'" not in page.policy:
        sys.exit(f"the policy of {path} is not for its script")
    if not page.guarded:
        sys.exit(f"{path} has no policy")
