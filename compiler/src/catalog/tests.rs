//! What must hold for the built-in tables: they are complete, consistent, and true to ECS.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use std::collections::BTreeSet;

fn catalog() -> &'static Catalog {
    Catalog::builtin()
}

fn entity(name: &str) -> &'static Entity {
    let catalog = catalog();
    catalog.get(catalog.entity(name).unwrap_or_else(|| panic!("no {name}")))
}

fn reading(of: &str, slot: &str, attribute: &str) -> Option<&'static Access> {
    let entity = entity(of);
    entity.access(entity.attribute(attribute).unwrap(), entity.slot(slot).unwrap())
}

fn accesses() -> impl Iterator<Item = (&'static Entity, &'static Attribute, &'static Access)> {
    let attributes = catalog().entities.iter().flat_map(|e| e.attributes.iter().map(move |a| (e, a)));
    attributes.flat_map(|(e, a)| a.access.iter().flatten().map(move |x| (e, a, x)))
}

#[test]
fn the_built_in_tables_have_no_mistake() {
    let (catalog, problems) = load::builtin();
    assert!(problems.is_empty(), "{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    assert!(catalog.entities.len() > 30);
}

#[test]
fn every_field_that_is_read_is_known() {
    let guards = catalog().relations.iter().flat_map(|r| &r.ways).flat_map(|p| &p.guard).map(|g| g.field.as_str());
    let read = accesses().flat_map(|(_, _, access)| access.fields.iter().map(String::as_str));
    for field in guards.chain(read) {
        assert!(known_field(field).is_some(), "{field}");
    }
}

/// A field compares as the attributes that are its value: `record:process.hash.md5` without case, as `binary_ref.hashes.MD5`.
#[test]
fn fields_of_the_record_compare_as_the_attributes_that_read_them() {
    // Keys of the Windows Event Log are text to whoever does not say otherwise; ids made of several fields are no field's.
    let alone =
        accesses().filter(|(_, a, access)| access.rule.whole_value() && access.fields.len() == 1 && a.name != "x_unique_id");
    let mut others = Vec::new();
    for (entity, attribute, access) in alone.filter(|(_, _, access)| !access.fields[0].starts_with("winlog.event_data.")) {
        let ty = catalog().record_field(&access.fields[0]).unwrap().ty;
        if ty != attribute.ty && !(ty == ValueType::Address && attribute.ty.is_address()) {
            others.push(format!("{}:{} is {}, not {}", entity.name, attribute.name, attribute.ty.word(), ty.word()));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn an_older_name_reads_the_newer_one_too() {
    let old = catalog().record_field("log.original").unwrap();
    assert_eq!(
        (old.access.rule, &old.access.fields[..]),
        (Rule::First, &["log.original".to_owned(), "event.original".to_owned()][..])
    );
}

#[test]
fn types_whose_slots_are_equals_have_no_field_names() {
    let addresses = catalog().entity("ipv4-addr").unwrap();
    assert!(catalog().get(addresses).attribute_of_field("source.ip").is_none());
    assert!(catalog().record_field_of(addresses, "source.ip").is_some());
    assert!(catalog().record_field_of(catalog().entity("process").unwrap(), "process.command_line").is_none());
}

#[test]
fn value_types_agree_with_field_types() {
    // The one exception: Sysmon's own data is text throughout, numbers too.
    let excepted = ["winlog.event_data.TargetProcessId"];
    for (entity, attribute, access) in accesses() {
        for field in access.fields.iter().filter(|f| !excepted.contains(&f.as_str())) {
            let ty = catalog().field_type(field);
            let fits = ty.fits(attribute.ty)
                || (attribute.ty.is_address() && ty.fits(ValueType::Address))
                || (attribute.ty.is_identifier() && ty.fits(ValueType::Id));
            assert!(fits, "{}:{} is {}, {field} is {ty:?}", entity.name, attribute.name, attribute.ty.word());
        }
    }
}

#[test]
fn identities_can_be_read() {
    for entity in &catalog().entities {
        let identity = &entity.identity;
        assert_eq!(identity.key.is_empty(), identity.per_record, "{}", entity.name);
        for (slot, at) in (0u8..).map(SlotId).zip(&entity.slots) {
            for attr in &identity.required {
                assert!(entity.access(*attr, slot).is_some(), "{} in {}", entity.name, at.name);
            }
        }
    }
}

#[test]
fn types_have_the_keys_that_reports_print() {
    let key = |name| {
        let entity = entity(name);
        entity.identity.key.iter().map(|a| entity.attributes[usize::from(a.0)].name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(key("process"), ["x_unique_id"]);
    assert_eq!(key("network-traffic"), ["src_ref.value", "src_port", "dst_ref.value", "dst_port", "x_transport"]);
    assert_eq!(key("file"), ["x_path"]);
    assert_eq!(key("windows-registry-key"), ["x_path"]);
    assert_eq!(key("user-account"), ["x_domain", "user_id"]);
    assert_eq!(key("domain-name"), ["value"]);
    assert!(entity("process").identity.ladder);
    assert!(entity("file").identity.per_host && entity("windows-registry-key").identity.per_host);
    assert!(!entity("user-account").identity.per_host);
}

#[test]
fn slots_that_get_looks_at() {
    let get = |name| {
        let entity = entity(name);
        entity.get_slots().map(|s| entity.slots[usize::from(s.0)].name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(get("process"), ["self", "parent"]);
    assert_eq!(get("file"), ["file", "dll", "image"]);
    assert_eq!(get("domain-name"), ["dns", "url", "tls"]);
    assert_eq!(get("ipv4-addr"), ["source", "destination", "dns"]);
    assert_eq!(get("user-account"), ["self"]);
    assert_eq!(get("mutex"), [""; 0]);
}

#[test]
fn a_parent_has_these_attributes_and_no_others() {
    let process = entity("process");
    let parent = process.slot("parent").unwrap();
    let of = |access: &Access| access.fields.iter().all(|f| f.starts_with("process.parent."));
    let mut names = Vec::new();
    for (i, attribute) in process.attributes.iter().enumerate() {
        if let Some(access) = process.access(AttrId(i as u16), parent) {
            assert!(of(access), "{}", attribute.name);
            names.push(attribute.name.as_str());
        }
    }
    names.retain(|n| !n.starts_with("image_ref."));
    names.sort_unstable();
    let expected = [
        "arguments",
        "binary_ref.name",
        "binary_ref.parent_directory_ref.path",
        "binary_ref.path",
        "binary_ref.x_path",
        "command_line",
        "cwd",
        "name",
        "pid",
        "x_unique_id",
    ];
    assert_eq!(names, expected);
}

#[test]
fn user_fields_alone_make_no_process() {
    let process = entity("process");
    for slot in ["self", "parent"] {
        let id = process.slot(slot).unwrap();
        let own = (0u16..).map(AttrId).zip(&process.attributes).filter_map(|(a, _)| process.access(a, id)).filter(|a| a.own);
        let fields: BTreeSet<&str> = own.flat_map(|a| &a.fields).map(String::as_str).collect();
        let prefix = if slot == "self" { "process." } else { "process.parent." };
        assert!(fields.iter().all(|f| f.starts_with(prefix)), "{slot}: {fields:?}");
        for leaf in ["command_line", "entity_id", "executable", "name", "pid"] {
            assert!(fields.contains(&*format!("{prefix}{leaf}")), "{slot}: {leaf}");
        }
    }
}

#[test]
fn values_that_follow_a_rule() {
    assert_eq!(reading("process", "self", "binary_ref.hashes.MD5").unwrap().rule, Rule::ProcessHash);
    assert_eq!(reading("process", "self", "created").unwrap().rule, Rule::Created);
    assert_eq!(reading("process", "parent", "binary_ref.name").unwrap().rule, Rule::Basename);
    assert_eq!(reading("file", "image", "x_path").unwrap().rule, Rule::PathWithSeparator);
    assert_eq!(reading("file", "image", "name").unwrap().rule, Rule::BasenameOfPath);
    assert_eq!(reading("file", "dll", "parent_directory_ref.path").unwrap().rule, Rule::Dirname);
    assert_eq!(reading("file", "image", "hashes.MD5").unwrap().rule, Rule::ProcessHash);
    assert!(reading("file", "image", "size").is_none());
    assert_eq!(reading("windows-registry-key", "self", "key").unwrap().fields, ["registry.key", "registry.path"]);
    assert_eq!(reading("user-account", "self", "user_id").unwrap().fields, ["user.name"]);
    // Nothing reads the id of the account that wrote the log.
    assert!(accesses().all(|(_, _, access)| !access.fields.iter().any(|f| f == "user.id")));
}

/// The relations of Kestrel 1.8: "A rel-ed B".
const KESTREL: &str = "process created process
process created network-traffic
process loaded file
user-account owned process
ipv4-addr created network-traffic
ipv6-addr created network-traffic
ipv4-addr accepted network-traffic
ipv6-addr accepted network-traffic
mac-addr created network-traffic
mac-addr accepted network-traffic
domain-name created network-traffic
domain-name accepted network-traffic
artifact created network-traffic
artifact accepted network-traffic
network-traffic contained network-traffic
directory contained file
directory contained directory
file contained artifact
archive-ext contained file
user-account owned email-addr
email-addr created email-message
email-addr accepted email-message
autonomous-system owned ipv4-addr
autonomous-system owned ipv6-addr
windows-service-ext loaded file
windows-service-ext loaded user-account
process created file
process read file
process updated file
process deleted file
process created windows-registry-key
process read windows-registry-key
process updated windows-registry-key
process deleted windows-registry-key
process resolved domain-name
process injected process
process accessed process";

#[test]
fn relations_are_complete_in_both_directions() {
    let catalog = catalog();
    let mirrored = |pivots: &[Way]| {
        pivots.iter().map(|p| Way { input: p.output, output: p.input, guard: p.guard.clone() }).collect::<Vec<_>>()
    };
    for row in KESTREL.lines() {
        let words: Vec<&str> = row.split(' ').collect();
        let [a, b] = [words[0], words[2]].map(|name| catalog.entity(name).unwrap());
        let active = catalog.relation(a, words[1], false, b).unwrap_or_else(|| panic!("{row}"));
        let passive = catalog.relation(b, words[1], true, a).unwrap_or_else(|| panic!("{row}, by"));
        assert_eq!(mirrored(&active.ways), passive.ways, "{row}");
        assert_eq!(active.inexpressible, passive.inexpressible, "{row}");
    }
    assert_eq!(catalog.relations.len(), 2 * KESTREL.lines().count());
}

/// `self>parent[event.code=7]`, as the table has it.
fn ways(output: &str, relation: &str, by: bool, input: &str) -> Vec<String> {
    let catalog = catalog();
    let [output, input] = [output, input].map(|name| catalog.entity(name).unwrap());
    let slot = |of: EntityId, slot: SlotId| catalog.get(of).slots[usize::from(slot.0)].name.clone();
    let row = catalog.relation(output, relation, by, input).unwrap();
    let guard = |p: &Way| p.guard.iter().map(|g| format!("[{}={}]", g.field, g.values.join("|"))).collect::<Vec<_>>().concat();
    row.ways.iter().map(|p| format!("{}>{}{}", slot(input, p.input), slot(output, p.output), guard(p))).collect()
}

#[test]
fn directions_of_find() {
    assert_eq!(ways("process", "created", true, "process"), ["parent>self"], "children");
    assert_eq!(ways("process", "created", false, "process"), ["self>parent"], "parents");
    assert_eq!(ways("ipv4-addr", "accepted", false, "network-traffic"), ["self>destination"]);
    assert_eq!(ways("network-traffic", "created", true, "ipv4-addr"), ["source>self"]);
    assert_eq!(ways("process", "owned", true, "user-account"), ["self>self"]);
    assert_eq!(ways("file", "loaded", true, "process"), ["self>image", "self>dll", "self>file[event.code=7]"]);
    assert_eq!(ways("process", "injected", true, "process"), ["self>target[event.code=8]"]);
    let updated = ways("windows-registry-key", "updated", true, "process");
    assert_eq!(updated[0], "self>self[event.category=registry][event.type=change][winlog.event_data.EventType=]");
}

#[test]
fn linked_pairs_every_slot_but_parents_with_files() {
    let catalog = catalog();
    let count = |a: &str, b: &str| catalog.linked(catalog.entity(a).unwrap(), catalog.entity(b).unwrap()).len();
    assert_eq!(count("process", "process"), 4);
    assert_eq!(count("process", "user-account"), 2);
    assert_eq!(count("file", "process"), 3);
    assert_eq!(count("process", "file"), 3);
    assert_eq!(count("process", "windows-registry-key"), 1);
    assert_eq!(count("process", "domain-name"), 3);
    assert_eq!(count("ipv4-addr", "ipv4-addr"), 9);
}

#[test]
fn names_from_ecs_and_patterns() {
    let process = entity("process");
    let named = |field: &str| process.attribute_of_field(field).map(|a| process.attributes[usize::from(a.0)].name.as_str());
    assert_eq!(named("process.command_line"), Some("command_line"));
    assert_eq!(named("executable"), Some("binary_ref.x_path"));
    assert_eq!(named("parent.pid"), Some("parent_ref.pid"));
    assert_eq!(named("user.name"), Some("creator_user_ref.user_id"));
    assert_eq!(named("nonsense"), None);
    assert_eq!(catalog().entity("user"), catalog().entity("user-account"));
    assert_eq!(catalog().entity("Process"), None);
}

const OVERLAY: &str = "# ours\nentity,slot,attribute,type,rule,fields,flags\n";

#[test]
fn an_overlay_adds_and_replaces() {
    let text = format!(
        "{OVERLAY}process,self,x_team,text,value,labels.team,shown\nprocess,self,cwd,text,first,\"process.cwd process.working_directory\",\n\
         ipv4-addr,source,x_seen,integer,value,acme.seen,\n"
    );
    let ours = catalog().with_overlay("map.csv", &text).unwrap();
    let process = ours.get(ours.entity("process").unwrap());
    let team = process.attribute("x_team").unwrap();
    assert!(process.attributes[usize::from(team.0)].shown);
    let cwd = process.access(process.attribute("cwd").unwrap(), SlotId(0)).unwrap();
    assert_eq!(cwd.fields, ["process.cwd", "process.working_directory"]);
    assert_eq!(process.attribute("pid"), entity("process").attribute("pid"), "ids stay");
    assert_eq!(ours.field_type("acme.seen"), FieldType::Long);
    assert_eq!(ours.field_type("labels.team"), FieldType::Keyword);
}

#[test]
fn mistakes_in_an_overlay_have_a_place() {
    let report = |row: &str| {
        let problems = catalog().with_overlay("map.csv", &format!("{OVERLAY}{row}\n")).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(report("proces,self,x,text,value,a.b,"), "map.csv:3:1: `proces` is no entity type");
    assert_eq!(
        report("process,child,x,text,value,a.b,"),
        "map.csv:3:9: `child` is no slot of process; its slots are self, parent, target"
    );
    assert_eq!(report("process, self ,pid,text,value,a.b,"), "map.csv:3:20: `pid` holds values of type whole number");
    assert_eq!(report("process,self,x,text,value,,"), "map.csv:3:27: rule `value` does not read 0 fields");
    assert_eq!(report("process,self,x,text,valu,a,"), "map.csv:3:21: `valu` is no rule");
    assert_eq!(report("process,self,x,txt,value,a,"), "map.csv:3:16: `txt` is no value type");
    assert_eq!(report("process,self,x,text,value,a,loud"), "map.csv:3:29: `loud` is no flag; there are many, shown, own");
    assert_eq!(report("process,self"), "map.csv:3:1: 2 cells where the columns are entity,slot,attribute,type,rule,fields,flags");
    let header = catalog().with_overlay("map.csv", "entity,place,attribute,type,rule,fields,flags\n").unwrap_err();
    assert_eq!(header[0].to_string(), "map.csv:1:8: column `place` where `slot` belongs");
}

const BADGES: &str = "# Badges of doors.
entity,aliases,words,primary,key,required,flags,everything
x-badge,badge,keycard,number,number,number,linked_self_only everyday,number LIKE '%'
entity,slot,flags
x-badge,reader,get linked
entity,slot,attribute,type,rule,fields,flags
x-badge,reader,number,id,value,badge.number,shown
x-badge,reader,door,text,value,badge.door,shown
process,self,x_badge,text,value,badge.number,
output,relation,by,input,pivots,reason
user-account,owned,,x-badge,reader>self,
";

#[test]
fn an_overlay_adds_entity_types() {
    let ours = catalog().with_overlay("badges.csv", BADGES).unwrap();
    let id = ours.entity("x-badge").unwrap();
    assert_eq!((ours.entity("badge"), ours.entity("keycard")), (Some(id), Some(id)));
    assert_eq!(usize::from(id.0), catalog().entities.len(), "ids stay");
    let (badge, process) = (ours.get(id), ours.entity("process").unwrap());
    assert_eq!(badge.everything.as_deref(), Some("number LIKE '%'"));
    assert_eq!(badge.identity.required, [badge.attribute("number").unwrap()]);
    assert_eq!(badge.access(badge.attribute("door").unwrap(), SlotId(0)).unwrap().fields, ["badge.door"]);
    let to_self: Vec<u8> = ours.linked(process, id).iter().map(|p| p.output.0).collect();
    assert_eq!(to_self, [0], "linked_self_only");
    assert!(ours.relation(ours.entity("user").unwrap(), "owned", false, id).is_some());
}

#[test]
fn mistakes_in_the_tables_of_an_overlay_have_a_place() {
    let report = |from: &str, to: &str| {
        assert_eq!(BADGES.matches(from).count(), 1, "{from}");
        let problems = catalog().with_overlay("b.csv", &BADGES.replace(from, to)).unwrap_err();
        problems[0].to_string()
    };
    assert_eq!(report("x-badge,badge,", "x-badge,user,"), "b.csv:3:1: `user` is listed twice");
    assert_eq!(
        report("number,number,number,l", "number,number,,l"),
        "b.csv:3:37: x-badge needs attributes without which nothing stands in a slot"
    );
    assert_eq!(report("number,number,number,l", "numbr,number,number,l"), "b.csv:3:23: `numbr` is no attribute of x-badge");
    assert_eq!(report("reader,get linked", "reader,got"), "b.csv:5:16: `got` is no flag; there are get, linked");
    assert_eq!(report("x-badge,reader,door", "x-badge,door,door"), "b.csv:8:9: `door` is no slot of x-badge; its slots are reader");
    assert_eq!(report("reader>self", "door>self"), "b.csv:11:29: `door>self` is no pivot between these types");
    let twice = catalog().with_overlay("b.csv", "entity,slot,flags\nprocess,self,get\n").unwrap_err();
    assert_eq!(twice[0].to_string(), "b.csv:2:9: the slot needs a name of its own, and there may be 128 of a type");
}

#[test]
fn conditions_for_everything_compile() {
    for entity in catalog().entities.iter().filter(|e| e.everything.is_some()) {
        let mut sources = crate::source::SourceSet::default();
        let everything = entity.everything.as_deref().unwrap();
        let id = sources.add_text("h.hf", format!("x = GET {} FROM stixshifter://a WHERE {everything}\nDISP x\n", entity.name));
        let options = crate::options::Options::at(crate::time::Instant(0));
        let done = crate::compile::compile(&sources, id, catalog(), &options);
        assert!(done.diagnostics.is_empty(), "{}: {:?}", entity.name, done.diagnostics);
    }
}

/// The loader looks up fields of overlays only.
#[test]
fn the_built_in_tables_name_known_fields() {
    let catalog = Catalog::builtin();
    let attributes = catalog.entities.iter().flat_map(|entity| &entity.attributes);
    let read = attributes.flat_map(|attribute| attribute.access.iter().flatten()).flat_map(|access| &access.fields);
    let guards = catalog.relations.iter().flat_map(|relation| &relation.ways).flat_map(|way| &way.guard).map(|guard| &guard.field);
    let unknown: Vec<&String> = read.chain(guards).filter(|field| !catalog.knows_field(field)).collect();
    assert!(unknown.is_empty(), "not in record_fields.csv: {unknown:?}");
}

/// Two fields of one value each, as host names have, make an attribute of several values and no list.
#[test]
fn fields_that_hold_several_values_are_lists() {
    let catalog = Catalog::builtin();
    let lists = ["dns.resolved_ip", "event.type", "process.args", "registry.data.strings", "host.ip", "tags"];
    let single = ["host.name", "host.hostname", "source.ip", "destination.ip", "network.transport", "event.kind", "process.name"];
    assert!(lists.iter().all(|field| catalog.is_list(field)), "{lists:?}");
    assert!(!single.iter().any(|field| catalog.is_list(field)), "{single:?}");
}
