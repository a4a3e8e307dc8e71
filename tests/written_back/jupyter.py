"""Opens a huntbook as Jupyter does: it is valid, saved again it is the same, and its page shows the outputs and nothing of an attacker."""

import sys

import nbconvert
import nbformat

path = sys.argv[1]
text = open(path, encoding="utf-8").read()
book = nbformat.read(path, as_version=4)
nbformat.validate(book)
outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
ours = [output for output in outputs if "huntc" in output.get("metadata", {}) or output.get("ename", "").startswith("huntc ")]
assert ours, "no output of huntc"
# What Jupyter writes is what stands there, but for the blanks of the odd metadata.
again = nbformat.writes(book, version=nbformat.NO_CONVERT) + "\n"
squeezed = text.replace('"odd": {   "spaces": "kept"   }', '"odd": {\n   "spaces": "kept"\n  }').replace(
    '"source": "%%bash\\necho no hunt"', '"source": [\n    "%%bash\\n",\n    "echo no hunt"\n   ]'
)
assert again == squeezed, "Jupyter would write it otherwise"
page, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(book)
assert "of Kestrel" in page
assert "<img src=x" not in page and "onerror=alert(1)>" not in page.replace("&gt;", ""), "an attacker's element"
if any(output.output_type == "error" for output in ours):
    assert "K0" in page
else:
    assert "whoami.exe" in page and "<td" in page and page.count("image/svg+xml") == 2
print(f"{len(ours)} outputs of huntc")
