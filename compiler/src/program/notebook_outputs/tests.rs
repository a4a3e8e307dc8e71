//! Tests of outputs in huntbooks.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;

fn ours(output: &Json) -> bool {
    output["metadata"]["huntc"].is_object()
}

fn own(text: &str) -> Json {
    json!({ "data": { "text/plain": [text] }, "metadata": { "huntc": {} }, "output_type": "display_data" })
}

fn written(json: &str, outputs: &[(usize, Json)]) -> String {
    let mut all = CellOutputs::new();
    for (cell, output) in outputs {
        all.entry(*cell).or_default().push(output.clone());
    }
    with_outputs(json, &all, ours).unwrap()
}

/// As Jupyter saves it: keys sorted, one blank for each level.
const BOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "a1",
   "metadata": {},
   "source": ["# \"outputs\": []"]
  },
  {
   "cell_type": "code",
   "execution_count": 7,
   "id": "b2",
   "metadata": {"tags": ["x"],  "odd":   1},
   "outputs": [],
   "source": [
    "x = GET process FROM stixshifter://s WHERE name = 'é'"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {},
   "outputs": [
    {"name": "stdout",   "output_type": "stream", "text": "of somebody else"}
   ],
   "source": "DISP x"
  }
 ],
 "metadata": {"kernelspec": {"name": "kestrel"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;

#[test]
fn outputs_are_laid_out_as_jupyter_does_and_nothing_else_changes() {
    let out = written(BOOK, &[(2, own("é")), (3, own("b"))]);
    let wanted = BOOK.replace(
        "\"outputs\": [],",
        "\"outputs\": [\n    {\n     \"data\": {\n      \"text/plain\": [\n       \"é\"\n      ]\n     },\n     \"metadata\": {\n      \"huntc\": {}\n     },\n     \"output_type\": \"display_data\"\n    }\n   ],",
    );
    let wanted = wanted.replace(
        "somebody else\"}\n",
        "somebody else\"},\n    {\n     \"data\": {\n      \"text/plain\": [\n       \"b\"\n      ]\n     },\n     \"metadata\": {\n      \"huntc\": {}\n     },\n     \"output_type\": \"display_data\"\n    }\n",
    );
    assert_eq!(out, wanted);
}

#[test]
fn a_second_time_replaces_what_is_ours_only() {
    let once = written(BOOK, &[(2, own("a")), (3, own("b"))]);
    assert_eq!(written(&once, &[(2, own("a")), (3, own("b"))]), once);
    assert_eq!(written(&once, &[]), BOOK);
    let moved = written(&once, &[(3, own("c"))]);
    assert!(moved.contains("\"outputs\": [],") && moved.contains("of somebody else") && moved.contains("\"c\""), "{moved}");
    assert!(!moved.contains("\"b\""), "{moved}");
}

#[test]
fn notebooks_of_one_line_and_without_the_key_are_taken_too() {
    let minified = r#"{"cells":[{"cell_type":"code","metadata":{},"outputs":[],"source":["DISP x"]}],"nbformat":4}"#;
    let out = written(minified, &[(1, own("a"))]);
    assert_eq!(
        out,
        minified.replace(
            "[],\"source\"",
            r#"[{"data":{"text/plain":["a"]},"metadata":{"huntc":{}},"output_type":"display_data"}],"source""#
        )
    );
    assert_eq!(written(&out, &[]), minified);
    let without = "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"source\": \"DISP x\"\n  }\n ]\n}";
    let out = written(without, &[(1, own("a"))]);
    assert!(out.contains("\"source\": \"DISP x\",\n   \"outputs\": [\n    {"), "{out}");
    let _: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(written(without, &[]), without);
    let marked = format!("\u{feff}{BOOK}");
    assert_eq!(written(&marked, &[(2, own("a"))]), format!("\u{feff}{}", written(BOOK, &[(2, own("a"))])));
}

#[test]
fn what_is_no_notebook_of_format_4_is_refused() {
    for (json, reason) in [
        (r#"{"worksheets":[{"cells":[]}]}"#, "nbformat 4"),
        (r#"{"cells":[{"cell_type":"code","outputs":{}}]}"#, "no list"),
        ("[", "EOF"),
    ] {
        let error = with_outputs(json, &CellOutputs::new(), ours).unwrap_err();
        assert!(error.message.contains(reason), "{error:?}");
    }
}
