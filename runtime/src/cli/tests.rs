//! Tests of the argument parser.

use super::Cli;
use clap::{CommandFactory, Parser};

#[test]
fn the_command_tree_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_help_and_examples() {
    for command in Cli::command().get_subcommands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(after.contains("Example"), "{}", command.get_name());
        for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn the_contract_of_the_command_line_parses() {
    for line in [
        "check a.hf b.ipynb --format github --allow K0816 --warn x --deny y --mapping m.csv",
        "compile a.hf --emit mermaid --lean",
        "run a.hf --source a=b --source c=d --out r --window 24h --at 2020-10-22T06:58:00Z --keys --lean --ignore-case",
        "run a.hf --process-identity entity-id --allow-partial --format json --quiet --fail-on-findings --config c.toml",
        "ingest a b --store s",
        "convert a b --to c.ndjson.zst",
        "convert - --to -",
        "convert a --bulk http://h:9200 --index b",
        "demo",
        "demo d --no-run",
        "fmt a.hf --check",
        "explain K0201",
        "sources --source a=b",
        "analytics",
        "doctor host101",
        "trust",
        "trust hunts",
        "trust --list",
        "trust --remove hunts",
        "completions bash",
    ] {
        let parsed = Cli::try_parse_from(std::iter::once("huntc").chain(line.split(' ')));
        assert!(parsed.is_ok(), "{line}: {parsed:?}");
    }
}

#[test]
fn wrong_values_are_usage_errors() {
    for line in [
        "",
        "run",
        "run a.hf --window 24",
        "run a.hf --at yesterday",
        "compile a.hf --emit sql",
        "check a.hf --format xml",
        "ingest a",
        "convert a",
        "convert a --to b --bulk c",
        "convert a --to b --index c",
        "nope",
    ] {
        let parsed = Cli::try_parse_from(std::iter::once("huntc").chain(line.split(' ').filter(|w| !w.is_empty())));
        assert!(parsed.is_err_and(|e| e.exit_code() == 2), "{line}");
    }
}
