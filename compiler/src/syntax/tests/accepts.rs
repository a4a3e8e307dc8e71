//! Texts that must be read without a word.

use super::good;
use crate::syntax::ast::{Command, Observation, Pattern, TimeSpan};

const SEED_1: &str = r"
ip200 = GET ipv4-addr FROM stixshifter://host101
        WHERE [ipv4-addr:value = '72.21.81.200']
        START t'2021-04-01T00:00:00Z' STOP t'2021-04-06T00:00:00Z'

# obtain network traffic that has ip200 as the destination IP
ip200nt = FIND network-traffic ACCEPTED BY ip200
DISP ip200nt ATTR src_ref.value, src_port, dst_ref.value, dst_port

# obtain processes creating the network traffic
p = FIND process CREATED ip200nt
DISP p ATTR pid, name, command_line
bgdownloads = GET process FROM p WHERE [process:name = 'BackgroundDownload.exe']
bgdp = FIND process CREATED bgdownloads
# next let's apply the analytics to all entities in `ient`.
APPLY docker://enrichdomain ON ient

# print out all attributes including the ones added/enriched by `enrichdomain`
INFO ient
DISP ient ATTR dst_ref.value, dst_port, x_domain_name, x_domain_organization
";

const SEED_2: &str = r"
# first GET going through STIX shifter
svchost = GET process FROM stixshifter://host101
WHERE [process:name = 'svchost.exe']
START t'2021-04-03T00:00:00Z' STOP t'2021-04-04T00:00:00Z'
# second GET running locally against the returned/cached data from the first command
scheduler = GET process
FROM svchost
WHERE [process:command_line = 'C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule']
tasks = FIND process CREATED BY scheduler
DISP tasks ATTR name, command_line
amcet_f = FIND file LINKED amcet_child
DISP amcet_f ATTR name, parent_directory_ref.path
";

#[test]
fn the_seeds() {
    assert_eq!(good(SEED_1).statements.len(), 10);
    let program = good(SEED_2);
    assert_eq!(program.statements.len(), 6);
    let Command::Get(get) = &program.statements[0].command else { panic!("{program:?}") };
    assert!(matches!(get.span, Some(TimeSpan::Between { start: Some(_), stop: Some(_), .. })));
    assert!(matches!(get.pattern, Some(Observation::One { pattern: Pattern::Compare(_), bracketed: true })));
}
