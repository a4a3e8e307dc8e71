"""Fails where a page of huntc has an element, an attribute or an address that is not its own: something was not text."""
import html.parser
import sys

ELEMENTS = set(
    "html head meta title style body h1 h2 h3 p small span code pre table thead tbody tr th td ul ol li details summary a b em strong"
    " section div br".split()
)
ATTRIBUTES = {"class", "charset", "content", "http-equiv", "name", "lang", "href", "id", "colspan", "open", "title"}


class Page(html.parser.HTMLParser):
    guarded = False

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS:
            sys.exit(f"the page has <{tag}> at {self.getpos()}")
        for name, value in attributes:
            if name not in ATTRIBUTES:
                sys.exit(f"<{tag}> has {name}={value!r}")
            if name == "href" and (":" in value.split("/")[0] or value.startswith("/")):
                sys.exit(f"the page leads to {value!r}")
        if tag == "meta" and dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.guarded |= "default-src 'none'" in dict(attributes)["content"]
        elif tag == "meta" and "http-equiv" in dict(attributes):
            sys.exit(f"<meta {attributes}>")

    def handle_comment(self, data):
        sys.exit(f"the page has a comment: {data!r}")

    def handle_pi(self, data):
        sys.exit(f"the page has <?{data}>")


for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    page = Page()
    page.feed(text)
    if not page.guarded:
        sys.exit(f"{path} has no policy")
