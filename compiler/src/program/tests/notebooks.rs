//! Reading and formatting huntbooks.

use crate::program::notebook::{NotebookError, format_notebook, read};
use crate::source::{SourceId, SourceSet};

const BOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# title"]},
  {
   "cell_type": "code",
   "execution_count": 1,
   "source": [
    "# café\n",
    "x = get process from s where name='a'"
   ],
   "outputs": [{"text": "x   =  1"}]
  },
  {"cell_type": "code", "source": ""},
  {"cell_type": "code", "source": "%%bash\nls"},
  {"cell_type": "code", "source": "%%kestrel\n%env A=1\ndisp  x"}
 ],
 "metadata": {"kernelspec": {"name": "kestrel_kernel", "language": "kestrel"}},
 "nbformat": 4
}
"##;

#[test]
fn code_cells_are_joined() {
    let source = read("a.ipynb", BOOK).unwrap();
    assert_eq!(&*source.text, "# café\nx = get process from s where name='a'\n\n\ndisp  x");
    assert_eq!(source.cells.iter().map(|c| (c.number, c.start)).collect::<Vec<_>>(), [(2, 0), (5, 46)]);
    let mut sources = SourceSet::default();
    let id = sources.add(source);
    let position = sources.position(id, 49);
    assert_eq!((position.cell, position.line, position.column), (Some(5), 3, 2));
}

#[test]
fn old_notebooks_have_worksheets() {
    let json = r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["DISP x\n", "DISP y"]}]}], "nbformat": 3}"#;
    assert_eq!(&*read("a", json).unwrap().text, "DISP x\nDISP y");
}

#[test]
fn python_notebooks_mark_their_kestrel_cells() {
    let json = r#"{"cells": [{"cell_type": "code", "source": "import os"}, {"cell_type": "code", "source": "%%kestrel\nDISP x"}],
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}}}"#;
    assert_eq!(&*read("a", json).unwrap().text, "\nDISP x");
}

#[test]
fn broken_json_has_its_place() {
    assert_eq!(read("a", "{\"cells\": [\n é,").unwrap_err(), NotebookError { message: "expected value".into(), offset: 13 });
    assert_eq!(read("a", "{}").unwrap_err().message, "it has no cells");
    assert_eq!(read("a", r#"{"cells": [{"cell_type": "code", "source": 3}]}"#).unwrap_err().offset, 43);
    let deep = "[".repeat(100_000);
    assert!(read("a", &deep).is_err());
    let diagnostic = read("a", "x").unwrap_err().diagnostic(SourceId(0));
    assert_eq!((diagnostic.code.id, diagnostic.primary.span.start), ("K0026", 0));
}

#[test]
fn formatting_touches_code_only() {
    let out = format_notebook(SourceId(0), BOOK).unwrap();
    let wanted = BOOK
        .replace("x = get process from s where name='a'", "x = GET process FROM s WHERE name = 'a'")
        .replace("%env A=1\\ndisp  x", "%env A=1\\nDISP x");
    assert_eq!(out, wanted);
    assert_eq!(format_notebook(SourceId(0), &out).unwrap(), out);
}

#[test]
fn formatting_reports_in_the_text_of_the_notebook() {
    let json = r#"{"cells": [{"cell_type": "code", "source": "DISP x"}, {"cell_type": "code", "source": "x = GET"}]}"#;
    let errors = format_notebook(SourceId(0), json).unwrap_err();
    assert_eq!((errors.len(), errors[0].primary.span.start), (1, 14));
}
