//! INFO and DESCRIBE.

use super::value::Val;
use super::variable::{Shape, View};
use super::{Display, Hunt};
use huntc_compiler::commands::{describe::Describe, info::Info};
use serde_json::Value as Json;
use std::collections::BTreeMap;

impl Hunt<'_> {
    /// Of the nine facts those that are figures, and where the variable comes from.
    pub(crate) fn info(&self, number: usize, info: &Info) -> Result<Display, String> {
        let var = self.var(&info.variable.text)?;
        let (entities, records) = match &var.shape {
            Shape::Table(rows, _) => (rows.len(), var.grouped),
            _ => (var.idents().len(), var.records().len()),
        };
        let sources: Vec<String> = var.sources.iter().map(|s| format!("stixshifter://{}", self.world.sources[*s].0)).collect();
        let rows = vec![
            vec![Json::from("Entity Type"), Json::from(var.entity.clone())],
            vec![Json::from("Number of Entities"), Json::from(entities)],
            vec![Json::from("Number of Records"), Json::from(records)],
            vec![Json::from("Birth Command"), Json::from(var.born)],
            vec![Json::from("Associated Datasource"), Json::from(sources.join(", "))],
        ];
        Ok(facts(number, &info.variable.text, rows))
    }

    /// Of numbers count, mean, min and max, of everything else count, unique, top and freq; of several that are as frequent
    /// the smallest is the top. A column without values counts as no numbers.
    pub(crate) fn describe(&self, number: usize, describe: &Describe) -> Result<Display, String> {
        let var = self.var(&describe.variable.text)?;
        let view = View::of(&var, self.world);
        let name = describe.attribute.canonical();
        let values: Vec<Val> = var.rows(self.world).iter().filter_map(|row| view.value(row, &name)).collect();
        let numbers: Vec<f64> = values
            .iter()
            .filter_map(|v| match v {
                Val::Int(i) => Some(*i as f64),
                Val::Float(f) => Some(*f),
                _ => None,
            })
            .collect();
        let json = |v: Option<&Val>| v.map_or(Json::Null, Val::json);
        let count = ("count", Json::from(values.len()));
        let rows = if !values.is_empty() && numbers.len() == values.len() {
            let mean = Json::from(numbers.iter().sum::<f64>() / numbers.len() as f64);
            [count, ("mean", mean), ("min", json(values.iter().min())), ("max", json(values.iter().max()))]
        } else {
            let mut often: BTreeMap<&Val, usize> = BTreeMap::new();
            for value in &values {
                *often.entry(value).or_default() += 1;
            }
            let most = often.values().copied().max();
            let top = often.iter().find(|(_, n)| Some(**n) == most).map(|(v, _)| *v);
            let freq = most.map_or(Json::Null, Json::from);
            [count, ("unique", Json::from(often.len())), ("top", json(top)), ("freq", freq)]
        };
        let rows = rows.into_iter().map(|(fact, value)| vec![Json::from(fact), value]).collect();
        Ok(facts(number, &describe.variable.text, rows))
    }
}

fn facts(statement: usize, variable: &str, rows: Vec<Vec<Json>>) -> Display {
    let columns = ["fact", "value"].map(str::to_owned).to_vec();
    Display { statement, variable: variable.to_owned(), columns, rows, unordered: false }
}
