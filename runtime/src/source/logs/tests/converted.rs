//! Logs of networks and of Linux: which fields their records have in ECS.

use super::*;
use serde_json::{Value, json};

/// The records of a log with the numbers of their lines, whatever the size of blocks.
#[allow(clippy::type_complexity)]
fn records(text: &str) -> (Vec<(u64, Value)>, Vec<(u64, BadReason)>) {
    let found = cut(text);
    (found.records(), found.bad)
}

fn fields(record: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record}");
    }
}

#[test]
fn zeek_tables_are_read_by_their_header() {
    let text = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2020-10-22-06-58-00\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_ip_bytes\tresp_ip_bytes\tconn_state\tlocal_orig\ttunnel_parents\n\
        #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tset[string]\n\
        1603349880.462000\tC1\t10.0.0.5\t49152\t10.0.0.9\t443\ttcp\tssl\t1.5\t100\t200\tSF\tT\t(empty)\n\
        1603349881.000001\tC2\t10.0.0.5\n\
        1603349882.0\tC3\tfe80::1\t53\t10.0.0.9\t53\tudp\t-\t-\t-\t-\tS0\tF\tCx,Cy\n\
        #close\t2020-10-22-07-00-00\n\
        #separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tquery\tqtype_name\trcode_name\tanswers\n#types\ttime\tstring\taddr\tstring\tstring\tstring\tvector[string]\n\
        1603349883.5\tC4\t10.0.0.5\ta\\x09b.example\tA\tNOERROR\tcdn.example,10.1.1.1,10.1.1.2\n";
    let (found, bad) = records(text);
    assert_eq!(bad, [(9, BadReason::OtherColumns)]);
    assert_eq!(found.iter().map(|r| r.0).collect::<Vec<_>>(), [8, 10, 16]);
    fields(
        &found[0].1,
        &json!({
            "@timestamp": "2020-10-22T06:58:00.462Z", "event.dataset": "zeek.connection", "event.category": "network",
            "source.ip": "10.0.0.5", "source.port": 49152, "destination.ip": "10.0.0.9", "destination.port": 443,
            "network.transport": "tcp", "network.protocol": "ssl", "event.duration": 1_500_000_000, "source.bytes": 100,
            "destination.bytes": 200, "network.bytes": 300, "zeek.session_id": "C1", "event.id": "C1",
            "zeek.connection.state": "SF", "zeek.connection.local_orig": true, "zeek.connection.tunnel_parents": null,
        }),
    );
    fields(
        &found[1].1,
        &json!({ "source.ip": "fe80::1", "network.protocol": null, "event.duration": null, "zeek.connection.tunnel_parents": ["Cx", "Cy"] }),
    );
    fields(
        &found[2].1,
        &json!({
            "@timestamp": "2020-10-22T06:58:03.5Z", "event.dataset": "zeek.dns", "dns.question.name": "a\tb.example",
            "dns.type": "answer", "dns.response_code": "NOERROR", "dns.resolved_ip": ["10.1.1.1", "10.1.1.2"],
            "dns.answers.data": ["cdn.example", "10.1.1.1", "10.1.1.2"],
        }),
    );
}

#[test]
fn zeek_json_is_told_by_its_path_or_fields() {
    let text = [
        json!({"ts": 1_603_349_880.462, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 1, "id.resp_h": "10.0.0.9", "id.resp_p": 80,
            "trans_depth": 1, "method": "GET", "host": "www.example:8080", "uri": "/a?b", "status_code": 200, "user_agent": "x", "tags": ["t"]}),
        json!({"_path": "ssl", "ts": "2020-10-22T06:58:00.462000Z", "uid": "C2", "id": {"orig_h": "10.0.0.5", "resp_h": "10.0.0.9"},
            "version": "TLSv12", "server_name": "www.example", "established": true, "ja3": "ab"}),
        json!({"ts": 1_603_349_881.0, "fuid": "F1", "tx_hosts": ["10.0.0.9"], "rx_hosts": ["10.0.0.5"], "filename": "a.exe", "md5": "aa", "total_bytes": 7}),
        json!({"_path": "x509", "ts": 1_603_349_881.0, "id": "F2", "certificate.subject": "CN=a", "certificate.not_valid_before": 1_603_349_881.0}),
        json!({"_path": "smb_mapping", "ts": 1_603_349_881.0, "uid": "C9", "path": "\\\\a\\c$"}),
        json!({"_path": "../../x", "ts": 1_603_349_881.0, "uid": "C9", "odd": 1}),
        json!({"@timestamp": "2020-10-22T06:58:00Z", "ts": 1}),
    ]
    .map(|line| line.to_string())
    .join("\n")
        + "\noops\n";
    let lines = cut(&text);
    assert_eq!(lines.lines.len(), 8, "what is no record of Zeek is left to the parser");
    let found: Vec<Value> = lines.lines[..7].iter().map(|(_, line)| serde_json::from_str(line).unwrap()).collect();
    fields(
        &found[0],
        &json!({
            "event.dataset": "zeek.http", "event.category": ["network", "web"], "http.request.method": "GET", "url.domain": "www.example",
            "url.original": "/a?b", "http.response.status_code": 200, "destination.port": 80, "url.port": 80, "zeek.http.tags": "t",
            "network.transport": "tcp", "user_agent.original": "x",
        }),
    );
    fields(
        &found[1],
        &json!({
            "@timestamp": "2020-10-22T06:58:00.462Z", "source.ip": "10.0.0.5", "tls.version": "1.2", "tls.version_protocol": "tls",
            "tls.client.server_name": "www.example", "tls.client.ja3": "ab", "zeek.ssl.established": true,
        }),
    );
    fields(
        &found[2],
        &json!({ "event.category": "file", "file.path": "a.exe", "file.hash.md5": "aa", "file.size": 7, "server.ip": "10.0.0.9",
            "client.ip": "10.0.0.5", "source.ip": null, "zeek.files.tx_host": "10.0.0.9" }),
    );
    fields(&found[3], &json!({ "file.x509.subject.distinguished_name": "CN=a", "file.x509.not_before": "2020-10-22T06:58:01Z" }));
    fields(
        &found[4],
        &json!({ "event.dataset": "zeek.smb_mapping", "zeek.smb_mapping.path": "\\\\a\\c$", "network.protocol": "smb" }),
    );
    fields(&found[5], &json!({ "zeek.log.odd": 1, "event.dataset": "zeek.log" }));
    assert_eq!(found[6], json!({"@timestamp": "2020-10-22T06:58:00Z", "ts": 1}));
}

/// What Filebeat's pipelines compute of several fields.
#[test]
fn records_of_zeek_are_those_of_filebeat() {
    let conn = json!({"_path": "conn", "ts": 1_603_349_880.462, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 8, "id.resp_h": "10.0.0.9", "id.resp_p": 0,
        "proto": "icmp", "conn_state": "OTH", "local_orig": true, "local_resp": false});
    let tcp = json!({"_path": "conn", "ts": 1, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 8, "proto": "tcp", "conn_state": "REJ"});
    let dns = json!({"_path": "dns", "ts": 1, "uid": "C2", "query": "www.example.co.uk", "qclass": 1, "qclass_name": "C_INTERNET", "rcode_name": "NOERROR",
        "RD": true, "RA": false, "answers": ["10.1.1.1"], "TTLs": [60.0]});
    let http = json!({"_path": "http", "ts": 1, "uid": "C3", "uri": "/a.php?x=1", "status_code": 404, "username": "ann"});
    let ssl = json!({"_path": "ssl", "ts": 1, "uid": "C4", "id.orig_h": "10.0.0.5", "subject": "CN=a.example,O=A\\, Inc.", "client_issuer": "C=DE"});
    let x509 = json!({"_path": "x509", "ts": 1, "id": "F1", "certificate.sig_alg": "sha256WithRSAEncryption", "certificate.issuer": "CN=ca", "san.dns": ["a", "b"]});
    let notice = json!({"_path": "notice", "ts": 1, "uid": "C5", "note": "Scan", "msg": "m", "src": "10.0.0.5", "dst": "10.0.0.9", "p": 22, "dropped": true});
    let smb = json!({"_path": "smb_files", "ts": 1, "uid": "C6", "action": "SMB::FILE_DELETE", "path": "\\\\h\\c$", "name": "d\\a.exe", "times.created": 1_603_349_880.0});
    let ntlm = json!({"_path": "ntlm", "ts": 1, "uid": "C7", "username": "ann", "success": false});
    let files = json!({"_path": "files", "ts": 1, "fuid": "F1", "conn_uids": ["C8", "C9"]});
    let lines = [conn, tcp, dns, http, ssl, x509, notice, smb, ntlm, files].map(|line| line.to_string()).join("\n");
    let found = cut(&lines).lines;
    for ((_, line), wanted) in found.iter().zip([
        json!({ "source.port": null, "destination.port": null, "source.ip": "10.0.0.5", "zeek.connection.icmp.type": 8, "zeek.connection.icmp.code": 0,
            "network.direction": "outbound", "event.type": ["connection", "info"] }),
        json!({ "source.port": 8, "event.type": ["connection", "start", "denied"], "network.direction": null,
            "zeek.connection.state_message": "Connection attempt rejected." }),
        json!({ "event.type": ["connection", "protocol", "info"], "dns.question.class": "IN", "dns.question.registered_domain": "example.co.uk",
            "dns.question.subdomain": "www", "dns.question.top_level_domain": "co.uk", "dns.header_flags": "RD", "dns.answers.ttl": 60.0,
            "zeek.dns.qclass_name": "C_INTERNET", "event.outcome": "success" }),
        json!({ "url.path": "/a.php", "url.query": "x=1", "url.extension": "php", "event.outcome": "failure", "user.name": "ann" }),
        json!({ "tls.server.subject": "CN=a.example,O=A\\, Inc.", "tls.server.x509.subject.organization": "A, Inc.", "client.address": "10.0.0.5",
            "zeek.ssl.server.subject.common_name": "a.example", "tls.client.x509.issuer.country": "DE", "zeek.ssl.client.issuer.country": "DE" }),
        json!({ "file.x509.signature_algorithm": "SHA256-RSA", "zeek.x509.certificate.signature_algorithm": "sha256WithRSAEncryption",
            "file.x509.issuer.common_name": "ca", "zeek.session_id": "F1", "event.id": "F1", "file.x509.alternative_names": ["a", "b"] }),
        json!({ "source.ip": "10.0.0.5", "destination.ip": "10.0.0.9", "destination.port": 22, "event.type": ["info", "denied"], "rule.name": "Scan",
            "rule.description": "m", "event.kind": "alert" }),
        json!({ "file.name": "d\\a.exe", "file.path": "\\\\h\\c$\\d\\a.exe", "event.action": "SMB::FILE_DELETE", "event.category": ["network", "file"],
            "event.type": ["connection", "protocol", "info", "deletion"], "file.created": "2020-10-22T06:58:00Z" }),
        json!({ "event.outcome": "failure", "user.name": "ann" }),
        json!({ "zeek.session_id": "C8", "event.id": "C8", "zeek.files.session_ids": ["C8", "C9"] }),
    ]) {
        fields(&serde_json::from_str(line).unwrap(), &wanted);
    }
    assert_eq!(found.len(), 10);
}

#[test]
fn records_of_suricata_are_those_of_filebeat() {
    let event = |more: Value| {
        let mut event = json!({"timestamp": "2020-10-22T08:58:00.462100+0200", "src_ip": "10.0.0.5"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    let lines = [
        event(json!({"event_type": "krb5", "krb5": {"msg_type": "AS"}})),
        event(json!({"event_type": "alert", "app_proto": "dns", "dns": {"query": [{"rrname": "a.example.com", "rrtype": "A"}]},
            "alert": {"action": "allowed", "signature_id": 1, "metadata": {"mitre_tactic_id": ["TA0011"], "mitre_technique_id": ["T1071"],
            "created_at": ["2019_07_11"], "malware": ["x"], "own": ["y"]}}})),
        event(json!({"event_type": "tls", "tls": {"subject": "C=US, O=A\\, Inc., CN=a.example", "issuerdn": "CN=ca", "notafter": "2021-01-01T00:00:00"}})),
        event(json!({"event_type": "http", "http": {"url": "/a?b#c", "http_method": "GET"}})),
        event(json!({"event_type": "dns", "dns": {"type": "query", "rrname": "x.example.com", "rd": true, "ra": false}})),
        event(json!({"event_type": "ftp_data", "app_proto": "ftp-data"})),
    ]
    .join("\n");
    let (found, bad) = records(&lines);
    assert_eq!((found.len(), bad.len()), (6, 0));
    for ((_, record), wanted) in found.iter().zip([
        json!({ "event.category": "network", "event.type": "protocol", "network.protocol": "kerberos", "suricata.eve.krb5.msg_type": "AS" }),
        json!({ "event.category": ["network", "intrusion_detection"], "dns.question.name": "a.example.com", "threat.tactic.id": "TA0011",
            "threat.technique.id": "T1071", "suricata.eve.alert.created_at": "2019-07-11T00:00:00Z", "suricata.eve.alert.malware": "x",
            "suricata.eve.alert.metadata.own": "y" }),
        json!({ "tls.server.x509.subject.organization": "A, Inc.", "tls.server.x509.subject.common_name": "a.example",
            "tls.server.x509.issuer.common_name": "ca", "tls.server.x509.not_after": "2021-01-01T00:00:00Z" }),
        json!({ "url.path": "/a", "url.query": "b", "url.fragment": "c", "event.category": ["network", "web"] }),
        json!({ "dns.header_flags": "RD", "dns.question.registered_domain": "example.com", "dns.question.subdomain": "x" }),
        json!({ "network.protocol": "ftp" }),
    ]) {
        fields(record, &wanted);
    }
}

#[test]
fn events_of_suricata_have_their_fields() {
    let head = json!({"timestamp": "2020-10-22T08:58:00.462100+0200", "flow_id": 1_234_567_890_123_456_u64, "src_ip": "10.0.0.5", "src_port": 1,
        "dest_ip": "10.0.0.9", "dest_port": 443, "proto": "TCP"});
    let event = |more: Value| {
        let mut event = head.as_object().unwrap().clone();
        event.extend(more.as_object().unwrap().clone());
        Value::Object(event).to_string()
    };
    let text = [
        event(json!({"event_type": "alert", "alert": {"action": "blocked", "signature_id": 2_001, "signature": "ET X", "category": "Bad", "severity": 1}, "app_proto": "failed"})),
        event(json!({"event_type": "dns", "dns": {"version": 2, "type": "answer", "rrname": "a.example", "rrtype": "A", "rcode": "NOERROR",
            "answers": [{"rrname": "a.example", "rrtype": "CNAME", "rdata": "b.example"}, {"rrname": "b.example", "rrtype": "A", "rdata": "10.1.1.1"}]}})),
        event(json!({"event_type": "tls", "tls": {"version": "TLS 1.3", "sni": "a.example.", "fingerprint": "AA:bb", "ja3": {"hash": "cc"}}})),
        event(json!({"event_type": "flow", "app_proto": "ssh", "flow": {"pkts_toserver": 1, "pkts_toclient": 2, "bytes_toserver": 10, "bytes_toclient": 20,
            "start": "2020-10-22T06:58:00.000000+0000", "end": "2020-10-22T06:58:01.500000+0000", "state": "closed"}})),
        event(json!({"event_type": "http", "http": {"hostname": "a.example", "url": "/x", "http_method": "POST", "status": 404, "length": 3}})),
        event(json!({"event_type": "fileinfo", "fileinfo": {"filename": "/d/a.exe", "sha256": "dd", "size": 9}})),
        event(json!({"event_type": "netflow", "netflow": {"pkts": 4, "bytes": 40}})),
    ]
    .join("\n");
    let (found, bad) = records(&text);
    assert_eq!((found.len(), bad.len()), (7, 0));
    for (at, wanted) in [
        json!({ "@timestamp": "2020-10-22T06:58:00.4621Z", "event.kind": "alert", "event.category": ["network", "intrusion_detection"],
            "event.type": "denied", "rule.name": "ET X", "rule.id": "2001", "event.severity": 1, "source.ip": "10.0.0.5", "destination.port": 443,
            "network.transport": "tcp", "network.protocol": null, "suricata.eve.flow_id": "1234567890123456" }),
        json!({ "event.kind": "event", "dns.question.name": "a.example", "dns.resolved_ip": "10.1.1.1", "dns.answers.data": ["b.example", "10.1.1.1"],
            "dns.type": "answer", "network.protocol": "dns" }),
        json!({ "tls.version": "1.3", "tls.client.server_name": "a.example", "tls.server.hash.sha1": "aabb", "tls.client.ja3": "cc" }),
        json!({ "source.bytes": 10, "destination.bytes": 20, "network.bytes": 30, "network.packets": 3, "event.duration": 1_500_000_000,
            "event.type": ["connection", "end"], "network.protocol": "ssh", "suricata.eve.flow.state": "closed" }),
        json!({ "url.domain": "a.example", "url.original": "/x", "http.request.method": "POST", "event.outcome": "failure" }),
        json!({ "file.path": "/d/a.exe", "file.name": "a.exe", "file.hash.sha256": "dd", "file.size": 9 }),
        json!({ "source.packets": 4, "source.bytes": 40 }),
    ]
    .iter()
    .enumerate()
    {
        fields(&found[at].1, wanted);
    }
}

#[test]
fn entries_of_the_journal_have_their_fields() {
    let text =
        json!({"__REALTIME_TIMESTAMP": "1603349880462000", "__CURSOR": "s=1", "_HOSTNAME": "web1", "_PID": "7", "_COMM": "sshd",
        "_EXE": "/usr/sbin/sshd", "_CMDLINE": "sshd: ann [priv]", "_UID": "0", "MESSAGE": [72, 105, 200], "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "sshd", "_SYSTEMD_UNIT": "ssh.service", "OWN_FIELD": ["a", "b"], "EMPTY": null})
        .to_string();
    let (found, _) = records(&text);
    fields(
        &found[0].1,
        &json!({
            "@timestamp": "2020-10-22T06:58:00.462Z", "host.name": "web1", "process.pid": 7, "process.name": "sshd",
            "process.executable": "/usr/sbin/sshd", "process.command_line": "sshd: ann [priv]", "user.id": "0", "message": "Hi\u{fffd}",
            "log.syslog.priority": 6, "log.syslog.appname": "sshd", "systemd.unit": "ssh.service", "journald.custom.own_field": ["a", "b"],
            "journald.custom.empty": null, "event.module": "journald",
        }),
    );
}

#[test]
fn formats_of_networks_are_told_apart() {
    let name = |text: &str| {
        let mut reader: Box<dyn std::io::Read> = Box::new(text.as_bytes());
        format::sniff(&mut reader, "f", FORMATS, None).unwrap().format.map(|format| format.name)
    };
    for (text, wanted) in [
        ("#separator \\x09\n", "Zeek TSV"),
        ("{\"ts\":1,\"uid\":\"C\"}\n", "Zeek JSON"),
        ("{\"ts\":1,\"a\":\"C\"}\n", "lines"),
        ("{\"timestamp\":\"x\",\"event_type\":\"dns\"}\n", "Suricata EVE"),
        ("{\"@timestamp\":\"x\",\"timestamp\":\"x\",\"event_type\":\"dns\"}\n", "lines"),
        ("{\"__REALTIME_TIMESTAMP\":\"1\"}\n", "journald"),
        ("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n", "journald export"),
        ("__CURSOR=s=1\n", "lines"),
        ("type=SYSCALL msg=audit(1603349880.462:17): a=1\n", "auditd"),
        ("----\ntime->Thu\nnode=a type=SYSCALL msg=audit(1603349880.462:17): a=1\n", "auditd"),
        ("type=SYSCALL\n", "lines"),
        // The first line may be cut, or of something else.
        ("CALL msg=audit(1603349880.462:17): a=1\ntype=SYSCALL msg=audit(1603349880.462:18): a=1\n", "auditd"),
        ("\"dns\"}\n\n{\"timestamp\":\"x\",\"event_type\":\"dns\"}\n", "Suricata EVE"),
        ("{\"@timestamp\":1}\n{\"ts\":1,\"uid\":\"C\"}\n", "Zeek JSON"),
    ] {
        assert_eq!(name(text), Some(wanted), "{text:?}");
    }
}
