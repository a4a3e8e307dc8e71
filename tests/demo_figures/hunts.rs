//! The two published hunts, statement by statement.

use super::brute::{Hunter, Sighting, Slot, Variable};
use super::records::{Process, millis};
use std::collections::BTreeMap;

/// What a hunt shows, by name.
pub(super) type Figures = BTreeMap<&'static str, String>;

impl Hunter<'_> {
    /// The hunt for scheduled tasks.
    pub(super) fn scheduled_tasks(&self) -> Figures {
        const LINE: &str = "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule";
        let day = (millis("2021-04-03T00:00:00Z"), millis("2021-04-04T00:00:00Z"));
        let direct = self.get(day, |p| self.equal(p.command.as_ref(), LINE));
        let svchost = self.get(day, |p| self.equal(p.name.as_ref(), "svchost.exe"));
        let scheduler = self.filter(&svchost, |p| self.equal(p.command.as_ref(), LINE));
        let tasks = self.find(&scheduler, Slot::Parent, Slot::Me);
        let amcet = self.filter(&tasks, |p| self.equal(p.name.as_ref(), "amcet.exe"));
        let child = self.find(&amcet, Slot::Parent, Slot::Me);
        let nt = self.flows_of(&amcet);
        let grandchild = self.find(&child, Slot::Parent, Slot::Me);
        let files = self.files_of(&child);
        // A statement of our own, for the rule on negation.
        let plain = self.get(day, |p| {
            let bare = p.command.as_ref().map_or(self.rules.absent_passes_negation, |c| !c.contains(" -s "));
            self.equal(p.name.as_ref(), "svchost.exe") && bare
        });
        let kinds = self.rows(&child, [|p| p.name.clone(), |p| p.command.clone()]);
        let kinds: Vec<String> = kinds.into_iter().map(|row| row.join(" | ")).collect();
        BTreeMap::from([
            ("svchost", svchost.entities().to_string()),
            ("scheduler, direct", direct.entities().to_string()),
            ("scheduler", scheduler.entities().to_string()),
            ("tasks", tasks.entities().to_string()),
            ("amcet", amcet.entities().to_string()),
            ("amcet_child", child.entities().to_string()),
            ("amcet_child rows", kinds.join("\n")),
            ("nt", nt.entities().to_string()),
            ("nt rows", self.ends(&nt).join("\n")),
            ("amcet_cc", grandchild.entities().to_string()),
            ("amcet_f", files.entities().to_string()),
            ("amcet_f paths", files.keys().into_iter().collect::<Vec<_>>().join("\n")),
            ("svchost without -s", plain.entities().to_string()),
        ])
    }

    /// The hunt up and down from an address.
    pub(super) fn tracking(&self) -> Figures {
        const ADDRESS: &str = "72.21.81.200";
        let week = (millis("2021-04-01T00:00:00Z"), millis("2021-04-06T00:00:00Z"));
        let named = |name: &'static str| move |p: &Process| self.equal(p.name.as_ref(), name);
        let mut ip = Variable { window: week, sightings: Vec::new() };
        for (index, record) in self.within(week) {
            let side = record.flow.as_ref().is_some_and(|f| f.source == ADDRESS || f.destination == ADDRESS);
            let answer = !self.rules.addresses_of_flows_only && record.resolved.iter().any(|a| a == ADDRESS);
            if side || answer {
                ip.sightings.push(Sighting { record: index, slot: Slot::Other, key: ADDRESS.to_owned(), counted: true });
            }
        }
        let nt = self.flows(ip.window, |_, flow| flow.destination == ADDRESS);
        let p = self.processes_of(&nt);
        let downloads = self.filter(&p, named("BackgroundDownload.exe"));
        let parents = self.find(&downloads, Slot::Me, Slot::Parent);
        let grandparents = self.find(&parents, Slot::Me, Slot::Parent);
        let grandparents_nt = self.flows_of(&grandparents);
        let devenv = self.filter(&parents, named("devenv.exe"));
        let devenv_parent = self.find(&devenv, Slot::Me, Slot::Parent);
        let ppp = self.find(&devenv_parent, Slot::Me, Slot::Parent);
        let pppp = self.find(&ppp, Slot::Me, Slot::Parent);
        let ie = self.filter(&p, named("iexplore.exe"));
        let children = self.find(&ie, Slot::Parent, Slot::Me);
        let ient = self.flows_of(&children);
        let shown = |v: &Variable| self.rows(v, [|p| p.name.clone()]).concat().join(" ");
        let lines = |v: &Variable| self.rows(v, [|p| p.command.clone()]).concat().join("\n");
        let pids = |v: &Variable| self.rows(v, [|p| Some(format!("{:>5}", p.pid))]).concat().join(" ");
        BTreeMap::from([
            ("ip200", ip.entities().to_string()),
            ("ip200 records", ip.records().to_string()),
            ("ip200nt", nt.entities().to_string()),
            ("ip200nt rows", self.ends(&nt).join("\n")),
            ("p", p.entities().to_string()),
            ("p names", shown(&p)),
            ("bgdownloads", downloads.entities().to_string()),
            ("bgdp", parents.entities().to_string()),
            ("bgdp names", shown(&parents)),
            ("bgdpp", grandparents.entities().to_string()),
            ("bgdpp names", shown(&grandparents)),
            ("bgdppnt", grandparents_nt.entities().to_string()),
            ("bgdp_devenv", devenv.entities().to_string()),
            ("bgdp_devenv_parent", shown(&devenv_parent)),
            ("ppp", lines(&ppp)),
            ("pppp", pppp.entities().to_string()),
            ("ie", ie.entities().to_string()),
            ("ie pids", pids(&ie)),
            ("ie_children pids", pids(&children)),
            ("ient", ient.entities().to_string()),
            ("ient ends", self.ends(&ient).join("\n")),
        ])
    }
}
