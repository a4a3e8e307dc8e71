#[test]
fn probe() {
    let Ok(text) = std::fs::read_to_string("/tmp/probe.txt") else { return };
    for case in text.split("\n---\n") {
        let (p, d) = super::parse(case);
        println!("\n>>> {case}\n{}", super::show(case, &d));
        if std::env::var("AST").is_ok() {
            println!("{p:#?}");
        } else {
            for s in &p.statements {
                println!("   {:?}", s.command.to_owned().name());
            }
        }
    }
}
impl crate::syntax::ast::Command {
    fn name(&self) -> String {
        format!("{self:?}").chars().take(150).collect()
    }
}
